import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Clock } from '@haproxystats/runtime';
import type { LogEntry } from '../log';
import { entryOf } from './kafka-entry';
import { topicRanges, type TopicRange } from './topic-ranges';
import { withAdmin } from './with-admin';

export interface ScanOptions {
  readonly kafka: Kafka;
  /** kafkajs reads in groups only. One of its own, which commits nothing: the broker forgets it. */
  readonly group: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface RangeScanOptions extends ScanOptions {
  /** Each partition of the topics that are read, also where there is nothing in it. */
  readonly ranges: readonly TopicRange[];
  /** Called when the ends are reached: from then on it goes on with what is appended, until the signal aborts. */
  readonly follow?: () => void;
}

/** A broker that hands over nothing for longer will not any more. */
const patienceMs = 30_000;
/** What an answer of the broker is waited for where there is nothing to read: so long it also takes to leave. */
const longestFetchMs = 500;

/** Hands over, one after the other, the records that the topic holds when this is called. Rejects with what `visit` throws, and when the broker fails or the signal aborts. */
export async function scanTopic(
  { topic, ...options }: ScanOptions & { readonly topic: string },
  visit: (entry: LogEntry) => Promise<void>,
): Promise<void> {
  const ranges = await withAdmin(options.kafka, (admin) => topicRanges(admin, topic));
  await scanRanges({ ...options, ranges }, visit);
}

/** The same of what the ranges name. The order is kept within a partition. */
export async function scanRanges(
  options: RangeScanOptions,
  visit: (entry: LogEntry) => Promise<void>,
): Promise<void> {
  const { kafka, group, ranges, signal } = options;
  const scan = new Scan(options, visit);
  if (scan.finished && !options.follow) return;
  const consumer = kafka.consumer({
    groupId: group,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: longestFetchMs,
    retry: { retries: 5 },
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...new Set(ranges.map(({ topic }) => topic))], fromBeginning: true });
    consumer.on(consumer.events.GROUP_JOIN, () => scan.seek(consumer));
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

/** Rejects when the consumer dies; one that kafkajs starts again is waited for. */
function crash(consumer: Consumer): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (!restart) reject(error);
  });
  return promise;
}

interface Progress extends TopicRange {
  /** Where to read on. After a rebalance kafkajs begins anew: what was handed over is not handed over again. */
  next: number;
}

/** One pass over the ranges. */
class Scan {
  readonly ended: Promise<undefined>;
  readonly #end: () => void;
  readonly #fail: (error: unknown) => void;
  readonly #partitions: ReadonlyMap<string, Progress>;
  readonly #unfinished: Set<Progress>;
  readonly #stopping = new AbortController();
  #seenAt: number;
  #isVisiting = false;

  constructor(
    private readonly options: RangeScanOptions,
    private readonly visit: (entry: LogEntry) => Promise<void>,
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    promise.catch(() => undefined);
    this.ended = promise;
    this.#end = () => resolve(undefined);
    this.#fail = reject;
    const partitions = options.ranges.map((range): Progress => ({ ...range, next: range.start }));
    this.#partitions = new Map(partitions.map((each) => [keyOf(each), each]));
    this.#unfinished = new Set(partitions.filter(({ start, end }) => start < end));
    this.#seenAt = options.clock.monotonic();
    if (options.signal.aborted) this.stop();
    options.signal.addEventListener('abort', () => this.stop(), { once: true });
  }

  get finished(): boolean {
    return this.#unfinished.size === 0;
  }

  stop(): void {
    this.#stopping.abort();
    this.#end();
  }

  /** The consumer has joined, for the first time or again. */
  seek(consumer: Consumer): void {
    for (const each of this.#partitions.values()) {
      const { topic, partition, next } = each;
      consumer.seek({ topic, partition, offset: String(next) });
      if (!this.#isWanted(each)) consumer.pause([{ topic, partitions: [partition] }]);
    }
    if (this.finished) this.options.follow?.();
  }

  async take(payload: EachBatchPayload): Promise<void> {
    this.#isVisiting = true;
    try {
      await this.#takeAll(payload);
    } catch (error) {
      this.#fail(error);
    }
    this.#isVisiting = false;
    this.#seenAt = this.options.clock.monotonic();
  }

  /** Resolves when the scan stops; rejects when the broker falls silent before the end. */
  async stalled(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.options.clock.sleep(1_000, signal);
      const [waiting] = this.#unfinished;
      const silentMs = this.#isVisiting ? 0 : this.options.clock.monotonic() - this.#seenAt;
      if (waiting && silentMs > patienceMs)
        throw new Error(
          `topic ${waiting.topic}: nothing has come for ${patienceMs / 1000} s, and its end is not reached`,
        );
    }
  }

  /** With `follow` all is, and a range that is at its end is not at an end. */
  #isWanted(progress: Progress): boolean {
    return this.options.follow !== undefined || this.#unfinished.has(progress);
  }

  async #takeAll(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const progress = this.#partitions.get(keyOf(batch));
    if (!progress) return;
    const end = this.options.follow ? Infinity : progress.end;
    for (const message of batch.messages) {
      const offset = Number(message.offset);
      if (this.#stopping.signal.aborted) return;
      if (offset >= end) break;
      if (offset < progress.next) continue;
      await this.visit(entryOf(batch, message, 0));
      progress.next = offset + 1;
      await payload.heartbeat();
    }
    if (Number(batch.lastOffset()) + 1 >= progress.end) this.#finish(progress, payload);
  }

  #finish(progress: Progress, payload: EachBatchPayload): void {
    if (!this.#unfinished.delete(progress)) return;
    if (this.options.follow) {
      if (this.finished) this.options.follow();
      return;
    }
    payload.pause();
    if (this.finished) this.#end();
  }
}

function keyOf({ topic, partition }: Pick<TopicRange, 'topic' | 'partition'>): string {
  return `${topic} ${partition}`;
}
