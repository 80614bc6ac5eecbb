import {
  readFramePart,
  RecordFormatError,
  type FramePart,
  type LogEntry,
  type LogHandler,
  type PartitionSession,
} from '@haproxystats/messaging';
import type { Clock, Logger } from '@haproxystats/runtime';
import { CoverageFilter } from './coverage-filter';
import type { Sink } from './sink';

/** A batch closes at this many rows, or earlier when the input is idle or `maxBatchAgeMs` have passed. */
const maxBatchRows = 4_000;
const maxBatchAgeMs = 2_000;

export interface FrameFeedOptions {
  readonly sink: Sink;
  readonly clock: Clock;
  readonly logger: Logger;
  /** After the receiver has a batch: its parts, and how many metrics each was. */
  readonly onDelivered?: (parts: readonly FramePart[], metrics: readonly number[]) => void;
  readonly onUnreadable?: () => void;
}

interface Batch {
  parts: FramePart[];
  rows: number;
  /** Monotonic ms when the first part came. */
  since: number;
  /** Behind the last record that was read. */
  next: number;
}

/** Reads frames for one sink: collects a batch, delivers it, and only then commits. */
export class FrameFeed implements LogHandler {
  readonly #batches = new WeakMap<PartitionSession, Batch>();
  readonly #filter = new CoverageFilter();

  constructor(private readonly options: FrameFeedOptions) {}

  async record(entry: LogEntry, session: PartitionSession): Promise<void> {
    const batch = this.#batchOf(session);
    const part = this.#read(entry);
    batch.next = entry.next;
    if (part && this.#filter.isNews(part)) this.#add(batch, part);
    if (batch.rows >= maxBatchRows || this.#isOld(batch)) await this.#deliver(batch, session);
  }

  /** The input is idle, or time has passed. */
  async tick(session: PartitionSession): Promise<void> {
    const batch = this.#batches.get(session);
    if (batch) await this.#deliver(batch, session);
  }

  #add(batch: Batch, part: FramePart): void {
    if (batch.parts.length === 0) batch.since = this.options.clock.monotonic();
    batch.parts.push(part);
    batch.rows += part.frame.tables.reduce((rows, table) => rows + table.proxies.length, 1);
  }

  #isOld(batch: Batch): boolean {
    return batch.parts.length > 0 && this.options.clock.monotonic() - batch.since >= maxBatchAgeMs;
  }

  async #deliver(batch: Batch, session: PartitionSession): Promise<void> {
    const { sink, onDelivered } = this.options;
    const { parts, next } = batch;
    if (parts.length > 0) {
      const { metrics } = await sink.deliver(parts, session.signal);
      batch.parts = [];
      batch.rows = 0;
      onDelivered?.(parts, metrics);
    }
    await session.commit({ watermark: next, base: next });
  }

  /** A record that cannot be read costs only itself: it is named, counted and passed over; the log keeps it. */
  #read(entry: LogEntry): FramePart | undefined {
    try {
      return readFramePart(entry);
    } catch (err) {
      if (!(err instanceof RecordFormatError)) throw err;
      const { topic, partition, offset } = entry;
      this.options.logger.error(
        { err, topic, partition, offset },
        `${this.options.sink.name}: a frame that cannot be read is passed over`,
      );
      this.options.onUnreadable?.();
      return undefined;
    }
  }

  #batchOf(session: PartitionSession): Batch {
    let batch = this.#batches.get(session);
    if (!batch) {
      batch = { parts: [], rows: 0, since: 0, next: 0 };
      this.#batches.set(session, batch);
    }
    return batch;
  }
}
