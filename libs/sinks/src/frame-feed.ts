import {
  readFramePart,
  RecordFormatError,
  type FramePart,
  type LogEntry,
  type LogHandler,
  type PartitionSession,
} from '@haproxystats/messaging';
import { rowsOf } from '@haproxystats/metrics';
import type { Clock, Logger } from '@haproxystats/runtime';
import { CoverageFilter } from './coverage-filter';
import { Deliveries } from './deliveries';
import type { Sink } from './sink';

/** A batch goes at this many rows, or earlier when the input is idle or `maxBatchAgeMs` have passed. */
const maxBatchRows = 3_000;
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
  readonly parts: FramePart[];
  rows: number;
  /** Monotonic ms when its first record came. */
  readonly since: number;
  /** Behind the last record that was read. */
  next: number;
}

interface Feed {
  /** What is being collected. */
  batch: Batch | undefined;
  readonly deliveries: Deliveries;
}

/** Reads frames for one sink: collects a batch, delivers it, and only then commits. Reading goes on while batches are on their way. */
export class FrameFeed implements LogHandler {
  readonly #feeds = new WeakMap<PartitionSession, Feed>();
  readonly #filter = new CoverageFilter();

  constructor(private readonly options: FrameFeedOptions) {}

  async record(entry: LogEntry, session: PartitionSession): Promise<void> {
    const feed = this.#feedOf(session);
    const part = this.#read(entry);
    const batch = (feed.batch ??= this.#newBatch());
    batch.next = entry.next;
    if (part && this.#filter.isNews(part)) add(batch, part);
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
    return { parts: [], rows: 0, since: this.options.clock.monotonic(), next: 0 };
  }

  #isOld(batch: Batch | undefined): boolean {
    return batch !== undefined && this.options.clock.monotonic() - batch.since >= maxBatchAgeMs;
  }

  async #deliver(parts: readonly FramePart[], signal: AbortSignal): Promise<void> {
    const { sink, onDelivered } = this.options;
    const { metrics } = await sink.deliver(parts, signal);
    onDelivered?.(parts, metrics);
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

  #feedOf(session: PartitionSession): Feed {
    let feed = this.#feeds.get(session);
    if (!feed) {
      const deliveries = new Deliveries(session, (parts) => this.#deliver(parts, session.signal));
      feed = { batch: undefined, deliveries };
      this.#feeds.set(session, feed);
    }
    return feed;
  }
}

function add(batch: Batch, part: FramePart): void {
  batch.parts.push(part);
  // A part without rows, of a node where nobody answered, is work too.
  batch.rows += rowsOf(part.frame) + 1;
}

/** Where as many as may be are on their way, the batch stays and grows. */
function send(feed: Feed): void {
  const { batch, deliveries } = feed;
  if (!batch || deliveries.full) return;
  deliveries.start(batch);
  feed.batch = undefined;
}
