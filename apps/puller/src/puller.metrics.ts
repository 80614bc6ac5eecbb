import { failureReasons, type FailureReason } from '@haproxystats/haproxy';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { MasterFigures } from './master';

export type PullerMetrics = ReturnType<typeof pullerMetrics>;

/** `failed`: a poll that is lost because it could not be taken or spooled. */
const pollResults = ['whole', 'partial', 'none', 'no-sockets', 'failed'] as const;
const pollSecondsBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What is asked for at each scrape. */
export interface PullerFigures {
  /** Polls that wait in the spool. */
  readonly spoolDepth: () => number;
  /** Polls that had to leave the spool before they were read. */
  readonly dropped: () => number;
  /** Tries to write that Kafka refused. */
  readonly refused: () => number;
}

/** What the puller tells about itself. Labels come from fixed lists, never from the wire. */
export function pullerMetrics(registry: Registry, figures: PullerFigures) {
  const own = (name: string, help: string) => {
    return { name: `haproxystats_puller_${name}`, help, registers: [registry] };
  };
  const counter = (name: string, help: string) => new Counter(own(name, help));
  const gauge = (name: string, help: string) => new Gauge(own(name, help));
  collectFigures(own, figures);
  return {
    polls: pollCounter(own('polls_total', 'Polls by result')),
    failures: failureCounter(own('process_failures_total', 'Processes without a usable answer, by reason')),
    processesCovered: gauge('processes_covered', 'Processes that answered the last poll'),
    processesExpected: gauge('processes_expected', 'Processes the last poll asked'),
    masters: masterFigures(own),
    replyBytes: counter('reply_bytes_total', 'Bytes of usable answers'),
    tagFailures: counter(
      'tag_failures_total',
      'Questions for the tags of columns that the program does not know, without a whole answer',
    ),
    tagsLeftOut: counter(
      'tags_left_out_total',
      'Tags of such columns that had no room in the records of their poll',
    ),
    pollSeconds: new Histogram({
      ...own('poll_seconds', 'Duration of a poll, from its start until it is spooled'),
      buckets: pollSecondsBuckets,
    }),
    lastSlot: gauge('last_slot_seconds', 'Slot of the last spooled poll, seconds since the epoch'),
    suspended: counter('suspended_total', 'Slots not polled because the spool was full'),
    skippedSlots: counter('skipped_slots_total', 'Slots left out after an overrun or a clock step'),
    sourceRenewals: counter('source_renewals_total', 'New source ids after the clock went back'),
    forwardedPolls: counter('forwarded_polls_total', 'Polls handed to Kafka'),
    forwardedRecords: counter('forwarded_records_total', 'Records handed to Kafka'),
    forwardedBytes: counter('forwarded_bytes_total', 'Bytes of record values handed to Kafka'),
    forwardDelay: gauge('forward_delay_seconds', 'How long the last forwarded poll lay in the spool'),
  };
}

function collectFigures(
  own: (name: string, help: string) => Own,
  { spoolDepth, dropped, refused }: PullerFigures,
): void {
  new Gauge({
    ...own('spool_depth', 'Polls that wait in the spool'),
    collect() {
      this.set(spoolDepth());
    },
  });
  new Counter({
    ...own('dropped_polls_total', 'Polls removed before they were read because the spool was full'),
    collect() {
      this.reset();
      this.inc(dropped());
    },
  });
  new Counter({
    ...own('refusals_total', 'Tries that Kafka refused for want of a right, a login or a certificate'),
    collect() {
      this.reset();
      this.inc(refused());
    },
  });
}

interface Own {
  readonly name: string;
  readonly help: string;
  readonly registers: Registry[];
}

/** Takes what a poll came to behind all masters together. */
function masterFigures(own: (name: string, help: string) => Own): (figures: MasterFigures) => void {
  const answered = new Gauge(
    own('old_workers', 'Old workers that answered the last poll through their master'),
  );
  const leftOutHelp = 'Old workers that were not asked in a poll because there are too many';
  const left = new Counter(own('old_workers_left_out_total', leftOutHelp));
  const failed = new Counter(
    own('master_failures_total', 'Polls in which a master gave no list of its workers'),
  );
  return ({ oldWorkers, leftOut, failures }) => {
    answered.set(oldWorkers);
    left.inc(leftOut);
    failed.inc(failures);
  };
}

/** All results stand at 0 from the start, so that a rate is right from the first event on. */
function pollCounter(own: Own): (result: (typeof pollResults)[number]) => void {
  const counter = new Counter({ ...own, labelNames: ['result'] });
  for (const result of pollResults) counter.inc({ result }, 0);
  return (result) => counter.inc({ result });
}

function failureCounter(own: Own): (reason: FailureReason) => void {
  const counter = new Counter({ ...own, labelNames: ['reason'] });
  for (const reason of Object.keys(failureReasons)) counter.inc({ reason }, 0);
  return (reason) => counter.inc({ reason });
}
