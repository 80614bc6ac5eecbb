import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Clock } from '@haproxystats/runtime';
import type { LogEntry } from '../log';
import { entryOf } from './kafka-entry';

export interface ScanOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  /** kafkajs reads in groups only. One of its own, which commits nothing: the broker forgets it. */
  readonly group: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A broker that hands over nothing for longer will not any more. */
const patienceMs = 30_000;

/** Hands over, one after the other, the records that the topic holds when this is called. Rejects with what `visit` throws, and when the broker fails or the signal aborts. */
export async function scanTopic(
  options: ScanOptions,
  visit: (entry: LogEntry) => Promise<void>,
): Promise<void> {
  const { kafka, topic, group, signal } = options;
  const scan = new TopicScan(options, await endsOf(options), visit);
  if (scan.finished) return;
  const consumer = kafka.consumer({ groupId: group, allowAutoTopicCreation: false, retry: { retries: 5 } });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const failed = crash(consumer);
    const batches = { autoCommit: false, eachBatchAutoResolve: true };
    const running = consumer.run({ ...batches, eachBatch: (payload) => scan.take(payload) });
    await Promise.race([Promise.all([running, scan.ended]), failed, scan.stalled()]);
    signal.throwIfAborted();
  } finally {
    scan.stop();
    await consumer.disconnect();
  }
}

/** The end of each partition that is not empty. */
async function endsOf({ kafka, topic }: ScanOptions): Promise<Map<number, number>> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const ends = await admin.fetchTopicOffsets(topic);
    return new Map(
      ends
        .filter(({ low, high }) => Number(low) < Number(high))
        .map(({ partition, high }) => [partition, Number(high)]),
    );
  } finally {
    await admin.disconnect();
  }
}

/** Rejects when the consumer dies; one that kafkajs starts again is waited for. */
function crash(consumer: Consumer): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (!restart) reject(error);
  });
  return promise;
}

/** One pass over a topic. After a rebalance kafkajs begins anew: what was handed over is not handed over again. */
class TopicScan {
  readonly ended: Promise<undefined>;
  readonly #end: () => void;
  readonly #fail: (error: unknown) => void;
  readonly #next = new Map<number, number>();
  readonly #stopping = new AbortController();
  #seenAt: number;

  constructor(
    private readonly options: ScanOptions,
    private readonly ends: Map<number, number>,
    private readonly visit: (entry: LogEntry) => Promise<void>,
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    promise.catch(() => undefined);
    this.ended = promise;
    this.#end = () => resolve(undefined);
    this.#fail = reject;
    this.#seenAt = options.clock.monotonic();
    options.signal.addEventListener('abort', () => this.stop(), { once: true });
  }

  get finished(): boolean {
    return this.ends.size === 0;
  }

  stop(): void {
    this.#stopping.abort();
    this.#end();
  }

  async take(payload: EachBatchPayload): Promise<void> {
    try {
      await this.#takeAll(payload);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Resolves when the scan stops; rejects when the broker falls silent before the end. */
  async stalled(): Promise<void> {
    const { topic, clock } = this.options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await clock.sleep(1_000, signal);
      const silentMs = clock.monotonic() - this.#seenAt;
      if (silentMs > patienceMs)
        throw new Error(
          `topic ${topic}: nothing has come for ${patienceMs / 1000} s, and its end is not reached`,
        );
    }
  }

  async #takeAll(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const { partition } = batch;
    const end = this.ends.get(partition) ?? 0;
    for (const message of batch.messages) {
      const offset = Number(message.offset);
      if (this.#stopping.signal.aborted) return;
      if (offset >= end) break;
      if (offset < (this.#next.get(partition) ?? 0)) continue;
      await this.visit(entryOf(batch, message, 0));
      this.#next.set(partition, offset + 1);
      this.#seenAt = this.options.clock.monotonic();
      await payload.heartbeat();
    }
    if (Number(batch.lastOffset()) + 1 < end) return;
    this.ends.delete(partition);
    if (this.finished) this.#end();
  }
}
