import {
  readFramePart,
  RecordFormatError,
  type DeadLetters,
  type FramePart,
  type LogEntry,
  type LogHandler,
  type PartitionSession,
} from '@haproxystats/messaging';
import { rowsOf, type Frame } from '@haproxystats/metrics';
import type { Clock, Logger } from '@haproxystats/runtime';
import { CoverageFilter } from './coverage-filter';
import { Deliveries } from './deliveries';
import { SingleParts, WholeFrames, type Received, type ReceivedFrames } from './received-frames';
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
  /** A frame that did not become whole is passed over, where the sink wants whole ones. */
  readonly onLetGo?: (() => void) | undefined;
  /** Absent: what cannot be read is named, and not kept. */
  readonly deadLetters?: Pick<DeadLetters, 'bury'>;
}

interface Batch {
  readonly parts: Received[];
  /** With what heads count. */
  rows: number;
  /** Monotonic ms when its first record came. */
  readonly since: number;
  /** Behind the last record that was read. */
  next: number;
  /** Where the first frame begins of which that was read only in part; else `next`. */
  base: number;
}

interface Feed {
  readonly frames: ReceivedFrames;
  /** What is being collected. */
  batch: Batch | undefined;
  readonly deliveries: Deliveries<Batch>;
}

/**
 * Reads frames for one sink: collects a batch, delivers it, and only then commits. Reading goes on while batches are on their way. What it
 * has read of a frame that is not whole yet is read again after a restart, from the base of what it commits.
 */
export class FrameFeed implements LogHandler {
  readonly #feeds = new WeakMap<PartitionSession, Feed>();
  readonly #filter = new CoverageFilter();

  constructor(private readonly options: FrameFeedOptions) {}

  async record(entry: LogEntry, session: PartitionSession): Promise<void> {
    const feed = this.#feedOf(session);
    const received = await this.#receive(entry, feed.frames, session.signal);
    const isNews = received.length > 0 && this.#filter.isNews(received[0]!);
    if (entry.priming) return;
    const batch = (feed.batch ??= this.#newBatch());
    batch.next = entry.next;
    if (isNews) add(batch, received);
    if (batch.rows >= maxBatchRows) await feed.deliveries.room();
    else if (!this.#isOld(batch)) return;
    send(feed);
  }

  /** The input is idle, or time has passed. */
  async tick(session: PartitionSession): Promise<void> {
    const feed = this.#feedOf(session);
    await feed.deliveries.sound();
    feed.frames.age(session.now());
    if (session.idle || this.#isOld(feed.batch)) send(feed);
  }

  #newFrames(): ReceivedFrames {
    return this.options.sink.wholeFrames ? new WholeFrames((frame) => this.#letGo(frame)) : new SingleParts();
  }

  /** It is superseded, or its writer ended in the middle of it: then what it was made of is merged and written again. */
  #letGo({ head: { cluster, node, slot, coverage } }: Frame): void {
    const { sink, logger, onLetGo } = this.options;
    logger.info(
      { cluster, node, slot, coverage },
      `${sink.name}: a frame that did not become whole is passed over`,
    );
    onLetGo?.();
  }

  #newBatch(): Batch {
    return { parts: [], rows: 0, since: this.options.clock.monotonic(), next: 0, base: 0 };
  }

  #isOld(batch: Batch | undefined): boolean {
    return batch !== undefined && this.options.clock.monotonic() - batch.since >= maxBatchAgeMs;
  }

  async #deliver({ parts }: Batch, signal: AbortSignal): Promise<void> {
    const { sink, onDelivered } = this.options;
    const { metrics, unfit } = await sink.deliver(parts, signal);
    for (const [index, err] of unfit) await this.#putAside(parts[index]!.entry, err, signal);
    const isFit = (_: unknown, index: number): boolean => !unfit.has(index);
    onDelivered?.(parts.filter(isFit), metrics.filter(isFit));
  }

  /** What can be handed over: of a whole frame that is damaged nothing. */
  async #receive(entry: LogEntry, frames: ReceivedFrames, signal: AbortSignal): Promise<readonly Received[]> {
    const entries = (await this.#read(entry, () => frames.add(entry), signal)) ?? [];
    const received: Received[] = [];
    for (const each of entries) {
      const part = await this.#read(each, () => readFramePart(each), signal);
      if (part) received.push({ ...part, entry: each });
    }
    return received.length === entries.length ? received : [];
  }

  async #read<T>(entry: LogEntry, read: () => T, signal: AbortSignal): Promise<T | undefined> {
    try {
      return read();
    } catch (err) {
      if (!(err instanceof RecordFormatError)) throw err;
      // What lies below the watermark has been put aside.
      if (!entry.priming) await this.#putAside(entry, err, signal);
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
      feed = { frames: this.#newFrames(), batch: undefined, deliveries };
      this.#feeds.set(session, feed);
    }
    return feed;
  }
}

function add(batch: Batch, received: readonly Received[]): void {
  for (const part of received) {
    batch.parts.push(part);
    batch.rows += rowsOf(part.frame) + rowsOfHead;
  }
}

/** Where as many as may be are on their way, the batch stays and grows. */
function send(feed: Feed): void {
  const { frames, batch, deliveries } = feed;
  if (!batch || deliveries.full) return;
  batch.base = frames.heldFrom ?? batch.next;
  deliveries.start(batch);
  feed.batch = undefined;
}
