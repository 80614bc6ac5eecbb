import type { Batch, EachBatchPayload } from 'kafkajs';
import { Backoff } from '@haproxystats/runtime';
import type { Position } from '../log';
import { PartitionPump, type PartitionPumpOptions } from '../partition-pump';
import { entryOf, releaseBytes } from './kafka-entry';
import { isRebalance, offsetsOf } from './kafka-positions';

/** Records of one partition in memory: fetching pauses above the one, goes on below the other. A fetch brings up to 2 MiB more. */
const highWater = { entries: 10_000, bytes: 8 * 1024 * 1024 };
const lowWater = { entries: 2_500, bytes: 2 * 1024 * 1024 };

export interface KafkaSessionOptions extends Omit<PartitionPumpOptions, 'commit' | 'highWater' | 'lowWater'> {
  /** The log's end when the session began. */
  readonly end: number;
  /** The log no longer held the records from one offset up to another when they were due. */
  readonly onLoss: (from: number, to: number) => void;
}

/** What kafkajs read in one go; `first` is null where it was nothing at or behind the offset asked for. */
export interface OffsetRange {
  readonly first: string | null;
  readonly last: string;
  /** The log's end at that moment. */
  readonly end: string;
}

/** A partition from one join of the group to the next. */
export class KafkaSession {
  readonly #pump: PartitionPump;
  /** Of the latest payload: commits go through it, because its error tells a rebalance from a fault. */
  #commitOffsets: EachBatchPayload['commitOffsetsIfNecessary'] | undefined;
  #next: number;
  #end: number;
  #committed: number;
  /** Where kafkajs was asked to read again because records were missing. */
  #askedAgain: number | undefined;

  constructor(private readonly options: KafkaSessionOptions) {
    this.#next = options.committed.base;
    this.#end = options.end;
    this.#committed = options.committed.watermark;
    this.#pump = new PartitionPump({
      ...options,
      highWater,
      lowWater,
      commit: (position) => this.#commit(position),
    });
    this.sawEnd(options.end, true);
  }

  get ended(): boolean {
    return this.#pump.session.signal.aborted;
  }

  /** The offset that comes next. */
  get next(): number {
    return this.#next;
  }

  /** Records that the log held when last looked at and that are not committed. */
  get lag(): number {
    return Math.max(0, this.#end - this.#committed);
  }

  /** Queues a batch, at once. `false`: it does not follow what was taken, read again from `next`. */
  take(payload: EachBatchPayload): boolean {
    const { batch } = payload;
    const range = rangeOf(batch);
    if (!this.#follows(range)) return false;
    const { watermark } = this.options.committed;
    this.#commitOffsets = payload.commitOffsetsIfNecessary.bind(payload);
    this.#pump.offer(batch.messages.map((message) => entryOf(batch, message, watermark)));
    releaseBytes(batch);
    this.#moveTo(range);
    return true;
  }

  /** kafkajs has passed over records that are not meant for readers: the marks of transactions. */
  pass(range: OffsetRange): void {
    if (Number(range.first ?? -1) === this.#next) this.#moveTo(range);
  }

  /** The log ended here when it was asked; `now`: a moment ago. */
  sawEnd(end: number, now: boolean): void {
    this.#end = Math.max(this.#end, end);
    if (this.#next < this.#end) this.#pump.caughtUp(false);
    else if (now && this.#next === end) this.#pump.caughtUp(true);
  }

  end(why: 'revoked' | 'closed'): Promise<void> {
    return this.#pump.end(why);
  }

  /**
   * A batch that begins elsewhere may have been fetched for an earlier session: it is read again from `next`. When records
   * are missing then too they are lost, since a log that is neither compacted nor transactional has no gaps.
   */
  #follows({ first }: OffsetRange): boolean {
    const begins = Number(first);
    if (begins < this.#next) return false;
    if (begins === this.#next) return true;
    if (this.#askedAgain !== this.#next) {
      this.#askedAgain = this.#next;
      return false;
    }
    this.options.onLoss(this.#next, begins);
    return true;
  }

  #moveTo({ last, end }: OffsetRange): void {
    this.#next = Number(last) + 1;
    this.#end = Math.max(this.#end, Number(end));
    if (this.#next >= this.#end) this.#pump.caughtUp(true);
  }

  /** A rebalance drops the commit: the next owner replays. Any other fault is tried again while the session lasts. */
  async #commit(position: Position): Promise<void> {
    const { clock, logger } = this.options;
    const { topic, partition, signal } = this.#pump.session;
    const backoff = new Backoff({ firstMs: 100, factor: 2, maxMs: 5_000 });
    for (;;) {
      try {
        // Without a batch nothing was read: only the base can have moved, and the next commit carries it.
        await this.#commitOffsets?.(offsetsOf({ topic, partition }, position));
        this.#committed = position.watermark;
        return;
      } catch (err) {
        if (isRebalance(err) || signal.aborted) return;
        logger.warn({ err, topic, partition, ...position }, 'cannot commit; trying on');
        await clock.sleep(backoff.next(), signal);
      }
      // kafkajs would commit it in the name of the generation that has come meanwhile.
      if (this.ended) return;
    }
  }
}

function rangeOf(batch: Batch): OffsetRange {
  return { first: batch.firstOffset(), last: batch.lastOffset(), end: batch.highWatermark };
}
