import type { EachBatchPayload } from 'kafkajs';
import { Backoff } from '@haproxystats/runtime';
import type { Position } from '../log';
import { PartitionPump, type PartitionPumpOptions } from '../partition-pump';
import { entryOf } from './kafka-entry';
import { isRebalance, offsetsOf } from './kafka-positions';

/** Records of one partition in memory: fetching pauses above the one, goes on below the other. */
const highWater = { entries: 20_000, bytes: 32 * 1024 * 1024 };
const lowWater = { entries: 5_000, bytes: 8 * 1024 * 1024 };

export type KafkaSessionOptions = Omit<PartitionPumpOptions, 'commit' | 'highWater' | 'lowWater'>;

/** A partition from its first batch after a join to the next join. */
export class KafkaSession {
  readonly #pump: PartitionPump;
  /** Of the latest payload: commits go through it, because its error tells a rebalance from a fault. */
  #commitOffsets: EachBatchPayload['commitOffsetsIfNecessary'] | undefined;
  /** The log's end, and up to where records were handed over and committed. */
  #end = Infinity;
  #taken = 0;
  #committed: number;

  constructor(private readonly options: KafkaSessionOptions) {
    this.#committed = options.committed.watermark;
    this.#pump = new PartitionPump({
      ...options,
      highWater,
      lowWater,
      commit: (position) => this.#commit(position),
    });
  }

  /** Records that the log held at the last fetch and that are not committed. */
  get lag(): number {
    return this.#end === Infinity ? 0 : Math.max(0, this.#end - this.#committed);
  }

  /** Queues a batch; returns at once. */
  take(payload: EachBatchPayload): void {
    const { batch } = payload;
    const { watermark } = this.options.committed;
    this.#commitOffsets = payload.commitOffsetsIfNecessary.bind(payload);
    this.#pump.offer(batch.messages.map((message) => entryOf(batch, message, watermark)));
    this.#end = Number(batch.highWatermark);
    this.#taken = Number(batch.lastOffset()) + 1;
    this.confirmEnd();
  }

  /** A fetch has come back just now: where all had been handed over, the log's end is still where it was. */
  confirmEnd(): void {
    if (this.#taken >= this.#end) this.#pump.caughtUp(true);
  }

  end(why: 'revoked' | 'closed'): Promise<void> {
    return this.#pump.end(why);
  }

  /** A rebalance drops the commit: the next owner replays. Any other fault is tried again while the session lasts. */
  async #commit(position: Position): Promise<void> {
    const { clock, logger } = this.options;
    const { topic, partition, signal } = this.#pump.session;
    const backoff = new Backoff({ firstMs: 100, factor: 2, maxMs: 5_000 });
    for (;;) {
      try {
        await this.#commitOffsets?.(offsetsOf({ topic, partition }, position));
        this.#committed = position.watermark;
        return;
      } catch (err) {
        if (isRebalance(err) || signal.aborted) return;
        logger.warn({ err, topic, partition, ...position }, 'cannot commit; trying on');
        await clock.sleep(backoff.next(), signal);
      }
    }
  }
}
