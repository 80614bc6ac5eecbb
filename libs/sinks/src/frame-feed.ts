import {
  readFramePart,
  RecordFormatError,
  type DeadLetters,
  type FramePart,
  type LogEntry,
  type LogHandler,
  type PartitionSession,
} from '@haproxystats/messaging';
import { rowsOf } from '@haproxystats/metrics';
import type { Clock, Logger } from '@haproxystats/runtime';
import { CoverageFilter } from './coverage-filter';
import { Deliveries } from './deliveries';
import type { Sink, UnfitFrameError } from './sink';

/** A batch goes at this many rows, or earlier when the input is idle or `maxBatchAgeMs` have passed. */
const maxBatchRows = 3_000;
const maxBatchAgeMs = 2_000;
/** What a frame counts beside its rows: the objects of its columns, some 450, take as much memory as so many rows. */
const rowsOfHead = 250;

export interface FrameFeedOptions {
  readonly sink: Sink;
  readonly clock: Clock;
  readonly logger: Logger;
  /** After the receiver has a batch: its parts, and how many metrics each was. */
  readonly onDelivered?: (parts: readonly FramePart[], metrics: readonly number[]) => void;
  readonly onUnreadable?: () => void;
  /** Absent: what cannot be read is named, and not kept. */
  readonly deadLetters?: Pick<DeadLetters, 'bury'>;
}

interface Batch {
  readonly parts: FramePart[];
  /** The records that the parts were read from. */
  readonly entries: LogEntry[];
  /** With what heads count. */
  rows: number;
  /** Monotonic ms when its first record came. */
  readonly since: number;
  /** Behind the last record that was read. */
  next: number;
}

interface Feed {
  /** What is being collected. */
  batch: Batch | undefined;
  readonly deliveries: Deliveries<Batch>;
}

/** Reads frames for one sink: collects a batch, delivers it, and only then commits. Reading goes on while batches are on their way. */
export class FrameFeed implements LogHandler {
  readonly #feeds = new WeakMap<PartitionSession, Feed>();
  readonly #filter = new CoverageFilter();

  constructor(private readonly options: FrameFeedOptions) {}

  async record(entry: LogEntry, session: PartitionSession): Promise<void> {
    const feed = this.#feedOf(session);
    const part = await this.#read(entry, session.signal);
    const batch = (feed.batch ??= this.#newBatch());
    batch.next = entry.next;
    if (part && this.#filter.isNews(part)) add(batch, part, entry);
    if (batch.rows >= maxBatchRows) await feed.deliveries.room();
    else if (!this.#isOld(batch)) return;
    send(feed);
  }

  /** The input is idle, or time has passed. */
  async tick(session: PartitionSession): Promise<void> {
    const feed = this.#feedOf(session);
    await feed.deliveries.sound();
    if (session.idle || this.#isOld(feed.batch)) send(feed);
  }

  #newBatch(): Batch {
    return { parts: [], entries: [], rows: 0, since: this.options.clock.monotonic(), next: 0 };
  }

  #isOld(batch: Batch | undefined): boolean {
    return batch !== undefined && this.options.clock.monotonic() - batch.since >= maxBatchAgeMs;
  }

  async #deliver({ parts, entries }: Batch, signal: AbortSignal): Promise<void> {
    const { sink, onDelivered } = this.options;
    const { metrics, unfit } = await sink.deliver(parts, signal);
    for (const [index, err] of unfit) await this.#putAside(entries[index]!, err, signal);
    const isFit = (_: unknown, index: number): boolean => !unfit.has(index);
    onDelivered?.(parts.filter(isFit), metrics.filter(isFit));
  }

  async #read(entry: LogEntry, signal: AbortSignal): Promise<FramePart | undefined> {
    try {
      return readFramePart(entry);
    } catch (err) {
      if (!(err instanceof RecordFormatError)) throw err;
      await this.#putAside(entry, err, signal);
      return undefined;
    }
  }

  /** A record that cannot be read or used costs only itself: it is put aside, counted, and passed over; named as far as it is not one of too many. */
  async #putAside(
    entry: LogEntry,
    err: RecordFormatError | UnfitFrameError,
    signal: AbortSignal,
  ): Promise<void> {
    const { sink, logger, deadLetters, onUnreadable } = this.options;
    const { topic, partition, offset } = entry;
    const fate = await deadLetters?.bury({ entry, reason: 'frame', error: err }, signal);
    logger[fate === 'suppressed' ? 'debug' : 'error'](
      { err, topic, partition, offset },
      `${sink.name}: a frame that cannot be read is passed over`,
    );
    onUnreadable?.();
  }

  #feedOf(session: PartitionSession): Feed {
    let feed = this.#feeds.get(session);
    if (!feed) {
      const deliveries = new Deliveries<Batch>(session, (batch) => this.#deliver(batch, session.signal));
      feed = { batch: undefined, deliveries };
      this.#feeds.set(session, feed);
    }
    return feed;
  }
}

function add(batch: Batch, part: FramePart, entry: LogEntry): void {
  batch.parts.push(part);
  batch.entries.push(entry);
  batch.rows += rowsOf(part.frame) + rowsOfHead;
}

/** Where as many as may be are on their way, the batch stays and grows. */
function send(feed: Feed): void {
  const { batch, deliveries } = feed;
  if (!batch || deliveries.full) return;
  deliveries.start(batch);
  feed.batch = undefined;
}
