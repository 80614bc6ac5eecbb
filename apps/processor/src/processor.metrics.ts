import { Counter, Gauge, type Registry } from 'prom-client';
import type { LogReader, LogWriter } from '@haproxystats/messaging';
import type { Role } from './processor.config';

export type ProcessorMetrics = ReturnType<typeof processorMetrics>;

type Make = ReturnType<typeof makersFor>;

/** What a processor tells about itself. Labels come from fixed lists and partition numbers, never from the wire. */
export function processorMetrics(registry: Registry) {
  const make = makersFor(registry);
  return {
    ...nodeMetrics(make),
    ...graphiteMetrics(registry, make),
    ...localStoreMetrics(make),
    ...deadLetterMetrics(registry, make),
    unreadableRecords: make.counter(
      'unreadable_records_total',
      'Records that were passed over because they could not be read',
    ),
    otherSemantics: make.counter(
      'other_semantics_frames_total',
      'Frames that a sink got merged with other semantics than are set here',
    ),
    ledgerDegraded: make.gauge(
      'ledger_degraded',
      '1 while Redis does not answer and the ledger in memory decides',
    ),
    ledgerRefusals: make.counter(
      'ledger_refusals_total',
      'Questions that Redis refused for want of a right, a login or a certificate',
    ),
  };
}

function makersFor(registry: Registry) {
  const own = (name: string, help: string) => ({
    name: `haproxystats_processor_${name}`,
    help,
    registers: [registry],
  });
  return {
    counter: (name: string, help: string) => new Counter(own(name, help)),
    gauge: (name: string, help: string) => new Gauge(own(name, help)),
  };
}

function nodeMetrics({ counter }: Make) {
  return {
    completeFrames: counter('complete_frames_total', 'Frames of nodes with all their processes'),
    partialFrames: counter('partial_frames_total', 'Frames of nodes with processes missing'),
    duplicates: counter('duplicates_total', 'Snapshots that the ledger knew as emitted'),
    lateRecords: counter('late_records_total', 'Records that came too late for their slot and do not count'),
    rows: counter('rows_total', 'Rows of frames that were written'),
    badRows: counter('bad_rows_total', 'Rows of show stat that could not be used'),
    droppedColumns: counter(
      'dropped_columns_total',
      'Columns left out of frames because nobody knows how to combine them',
    ),
    droppedTexts: counter(
      'dropped_texts_total',
      'Texts left out of frames because they were too long or too many',
    ),
    inexactValues: counter(
      'inexact_values_total',
      'Numbers beyond 2^53, as printed or added up: their last digits are lost',
    ),
    unreadableProcesses: counter('unreadable_processes_total', 'Processes whose answer could not be read'),
  };
}

function graphiteMetrics(registry: Registry, { counter }: Make) {
  /** `relay`: its place in the order of failover, from 1. */
  const perRelay = (name: string, help: string) =>
    new Counter({
      name: `haproxystats_processor_${name}`,
      help,
      labelNames: ['relay'],
      registers: [registry],
    });
  return {
    deliveredFrames: counter('graphite_frames_total', 'Parts of frames that Graphite has taken'),
    deliveredMetrics: counter('graphite_metrics_total', 'Lines that Graphite has taken'),
    withheldFrames: counter(
      'graphite_withheld_frames_total',
      'Frames that were not sent because processes did not answer: semantics = classic',
    ),
    graphiteBatches: perRelay('graphite_batches_total', 'Batches that a relay has taken'),
    graphiteFailures: perRelay('graphite_failures_total', 'Tries to deliver a batch to a relay that failed'),
  };
}

function localStoreMetrics({ counter, gauge }: Make) {
  return {
    storedFrames: counter('local_store_frames_total', 'Parts of frames that were kept as files'),
    storedMetrics: counter('local_store_metrics_total', 'Lines that were kept in files'),
    storeFailures: counter('local_store_failures_total', 'Tries to write a file that failed'),
    removedSlots: counter(
      'local_store_removed_slots_total',
      'Slots that were removed: too old, or in want of room',
    ),
    storeBytes: gauge('local_store_bytes', 'What all files of the local store take'),
  };
}

function deadLetterMetrics(registry: Registry, { counter }: Make) {
  return {
    deadLetters: new Counter({
      name: 'haproxystats_processor_dead_letters_total',
      help: 'Records that could not be read and were put into the dead letter queue',
      labelNames: ['reason'],
      registers: [registry],
    }),
    deadLettersCut: counter(
      'dead_letters_cut_total',
      'Dead letters that were too large: they are kept without what had no room, and cannot be put back',
    ),
    deadLettersSuppressed: counter(
      'dead_letters_suppressed_total',
      'Records that could not be read and were not kept, because there were too many of them',
    ),
    deadLetterFailures: counter(
      'dead_letter_failures_total',
      'Records that could not be read and that the dead letter queue did not take',
    ),
  };
}

/** Per role what its reader knows: how far behind it is, by partition, what it came too late for, and what it was refused. */
export function readerMetrics(
  registry: Registry,
  readers: ReadonlyMap<Role, Pick<LogReader, 'lag' | 'lost' | 'refused'>>,
  frames?: Pick<LogWriter, 'refused'>,
): void {
  new Gauge({
    name: 'haproxystats_processor_lag_records',
    help: 'Records of the log that are not read yet',
    labelNames: ['role', 'partition'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [role, reader] of readers) {
        for (const [partition, lag] of reader.lag()) this.set({ role, partition: String(partition) }, lag);
      }
    },
  });
  new Counter({
    name: 'haproxystats_processor_lost_records_total',
    help: 'Records that the log deleted before they were read: its retention is too short',
    labelNames: ['role'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [role, { lost = 0 }] of readers) this.inc({ role }, lost);
    },
  });
  new Counter({
    name: 'haproxystats_processor_refusals_total',
    help: 'Tries that Kafka refused for want of a right, a login or a certificate',
    labelNames: ['role'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [role, { refused = 0 }] of readers) this.inc({ role }, refused);
      // The node role is the one that writes.
      if (frames) this.inc({ role: 'node' }, frames.refused ?? 0);
    },
  });
}
