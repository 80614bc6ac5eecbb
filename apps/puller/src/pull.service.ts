import type { Poll } from '@haproxystats/haproxy';
import type { LogRecord, LogWriter } from '@haproxystats/messaging';
import type { Clock, Logger } from '@haproxystats/runtime';
import { News, type Fact } from './news';
import type { Poller, PollResult } from './poller';
import type { PullerConfig } from './puller.config';
import type { PullerMetrics } from './puller.metrics';
import type { SourceId } from './source-id.service';
import { phaseOf, TimeGrid, type Step } from './time-grid';

/** Where polls wait for their reader. */
export interface Spool extends LogWriter {
  /** Polls not yet consumed. */
  depth(): number;
  /** Polls, since the start, that had to go before they were consumed. */
  readonly dropped: number;
}

export interface PullPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: PullerMetrics;
  readonly poller: Pick<Poller, 'learn' | 'poll'>;
  readonly source: Pick<SourceId, 'current' | 'lastSlot' | 'renew' | 'take'>;
  readonly spool: Spool;
  /** Makes records that share no memory with the replies, and says how many tags of unknown columns had no room in them. */
  readonly encodePoll: (poll: Poll, onTagsLeftOut: (tags: number) => void) => readonly LogRecord[];
  /** Called with each poll that was spooled; what it needs of the replies it copies: the next poll writes over them. */
  readonly onPolled?: ((poll: Poll) => void) | undefined;
}

type Turn = Extract<Step, { slot: number }>;

/** In intervals: not ready when nothing was spooled for so long. */
const readyFor = 3;

/** Polls on the time grid, one poll at a time, and spools each poll whole or not at all. */
export class PullService {
  readonly #grid: TimeGrid;
  readonly #failing = new News();
  readonly #notices = new News();
  readonly #leftOut = new News();
  /** Slots not polled since the spool became full. */
  #suspended = 0;
  /** Monotonic ms. */
  #answeredAt: number | undefined;

  constructor(
    private readonly config: PullerConfig,
    private readonly ports: PullPorts,
  ) {
    const { cluster, node, intervalMs } = config;
    const phaseMs = phaseOf(cluster, node, intervalMs);
    this.#grid = new TimeGrid({ intervalMs, phaseMs, last: ports.source.lastSlot });
  }

  /** A poll that at least one process answered was spooled within the last 3 intervals. */
  get ready(): boolean {
    if (this.#answeredAt === undefined) return false;
    return this.ports.clock.monotonic() - this.#answeredAt <= readyFor * this.config.intervalMs;
  }

  /** Resolves when `signal` aborts or after `maxPolls` slots; a poll under way when it aborts is dropped. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.ports;
    for (let left = this.config.maxPolls ?? Infinity; left > 0 && !signal.aborted;) {
      const step = this.#grid.step(clock.wall(), clock.monotonic());
      if ('waitMs' in step) {
        await Promise.all([clock.sleep(step.waitMs, signal), this.#learn(step.waitMs, signal)]);
        continue;
      }
      left--;
      await this.#slot(step, signal).catch((error: unknown) => this.#failed(step, error, signal));
    }
  }

  async #slot(turn: Turn, signal: AbortSignal): Promise<void> {
    await this.#account(turn);
    if (this.#isSuspended()) return;
    await this.#take(turn.slot);
    const begun = this.ports.clock.monotonic();
    const source = this.ports.source.current;
    const result = await this.ports.poller.poll({ slot: turn.slot, source, signal });
    if (signal.aborted) return;
    this.#report(result);
    const { poll } = result;
    if (isEmpty(poll)) {
      this.ports.metrics.polls('no-sockets');
      return;
    }
    await this.ports.spool.append(this.config.topic, this.#recordsOf(poll), signal);
    this.#spooled(poll, begun);
  }

  #recordsOf(poll: Poll): readonly LogRecord[] {
    const { encodePoll, logger, metrics } = this.ports;
    const facts: Fact[] = [];
    const records = encodePoll(poll, (tags) => {
      metrics.tagsLeftOut.inc(tags);
      facts.push(leftOut(poll, tags));
    });
    for (const { text } of this.#leftOut.update(facts).begun) logger.warn({ node: poll.node }, text);
    return records;
  }

  /** Between two polls, where nothing waits for an answer. */
  async #learn(limitMs: number, signal: AbortSignal): Promise<void> {
    const { logger, metrics, poller } = this.ports;
    try {
      metrics.tagFailures.inc(await poller.learn(limitMs, signal));
    } catch (err) {
      logger.error(
        { err },
        'HAProxy could not be asked how its new columns combine; no poll is lost by that',
      );
    }
  }

  async #account({ skipped, restarted }: Turn): Promise<void> {
    const { logger, metrics, source } = this.ports;
    if (skipped > 0) {
      metrics.skippedSlots.inc(skipped);
      logger.warn({ skipped }, `${skipped} slots were left out: a poll took too long or the clock was set`);
    }
    if (!restarted) return;
    metrics.sourceRenewals.inc();
    await source.renew();
    logger.warn(
      { source: source.current },
      'the clock went back and stayed there: polling goes on as a new source',
    );
  }

  /** Without it on the disk a slot may be polled again under the same id, if the clock goes back while this program is down: no reason not to poll. */
  async #take(slot: number): Promise<void> {
    const { logger, source } = this.ports;
    try {
      await source.take(slot);
    } catch (err) {
      logger.warn({ err, slot }, `cannot store that slot ${slot} is taken; it is polled all the same`);
    }
  }

  /** One event from the first slot that is not polled until half of the spool is free: it may be drained as fast as it is filled. */
  #isSuspended(): boolean {
    const { logger, metrics, spool } = this.ports;
    const { queueSize, whenFull } = this.config;
    if (whenFull !== 'suspend') return false;
    const depth = spool.depth();
    const full = depth >= queueSize;
    if (full) {
      metrics.suspended.inc();
      if (this.#suspended++ === 0) logger.warn({ depth, queueSize }, fullText(depth, queueSize));
    } else if (this.#suspended > 0 && depth <= queueSize / 2) {
      const text = `the spool has room again: ${this.#suspended} slots were not polled`;
      logger.warn({ depth, queueSize, slots: this.#suspended }, text);
      this.#suspended = 0;
    }
    return full;
  }

  /** News about the processes: told when they begin and when they are over, counted each time. */
  #report({ poll, notices, masters }: PollResult): void {
    const { logger, metrics } = this.ports;
    metrics.masters(masters);
    for (const { reason } of poll.failures) metrics.failures(reason);
    const failing = this.#failing.update(
      poll.failures.map(({ process, reason, detail }) => ({ key: process, state: reason, text: detail })),
    );
    for (const { key, state, text } of failing.begun) {
      logger.warn({ process: key, reason: state }, `process ${key} gives no statistics: ${text}`);
    }
    const answering = new Set(poll.replies.map(({ process }) => process));
    for (const { key } of failing.over) {
      logger.warn(
        { process: key },
        `process ${key} ${answering.has(key) ? 'is back' : 'is no longer polled'}`,
      );
    }
    const { begun } = this.#notices.update(isEmpty(poll) ? [...notices, this.#noSockets()] : notices);
    for (const { state, text } of begun) logger[state === noSockets ? 'error' : 'warn'](text);
  }

  #noSockets(): Fact {
    const { socketDir } = this.config;
    const places = socketDir === undefined ? 'servers' : `socket-dir ${socketDir} and servers`;
    const text = `found no stats socket to poll in ${places}: is HAProxy running, does it have a "stats socket" there? Sockets are named by 'socket-dir' and 'servers' in section [pull]`;
    return { key: noSockets, state: noSockets, text };
  }

  #spooled(poll: Poll, begun: number): void {
    const { clock, logger, metrics, onPolled } = this.ports;
    const covered = poll.replies.length;
    const expected = covered + poll.failures.length;
    const bytes = poll.replies.reduce((sum, { info, stat }) => sum + info.length + stat.length, 0);
    const now = clock.monotonic();
    if (covered > 0) this.#answeredAt = now;
    const ms = Math.round(now - begun);
    metrics.polls(covered === expected ? 'whole' : covered > 0 ? 'partial' : 'none');
    metrics.processesCovered.set(covered);
    metrics.processesExpected.set(expected);
    metrics.replyBytes.inc(bytes);
    metrics.pollSeconds.observe(ms / 1000);
    metrics.lastSlot.set(poll.slot / 1000);
    const { node, slot } = poll;
    logger.info({ node, slot, covered, expected, bytes, ms }, `polled ${covered} of ${expected} processes`);
    onPolled?.(poll);
  }

  /** A slot that could not be kept; the next one is tried all the same. */
  #failed({ slot }: Turn, err: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.ports.metrics.polls('failed');
    this.ports.logger.error(
      { err, slot },
      `the poll of slot ${slot} is lost: it could not be taken or spooled`,
    );
  }
}

const noSockets = 'no sockets';

function isEmpty({ replies, failures }: Poll): boolean {
  return replies.length + failures.length === 0;
}

function fullText(depth: number, queueSize: number): string {
  const reader = 'its reader (the forwarder to Kafka, or haproxystats-process)';
  return `the spool holds ${depth} polls, queue-size is ${queueSize}: polling is suspended until ${reader} catches up`;
}

function leftOut({ node, replies, failures }: Poll, tags: number): Fact {
  const text =
    `node ${node}: the tags of ${tags} columns that this program does not know have no room beside the names of its ${replies.length + failures.length} processes: ` +
    'they are left out where several processes are combined; poll fewer sockets per node, or ones with shorter names';
  return { key: node, state: 'tags left out', text };
}
