import type { Admin, Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { Backoff, type Clock, type Logger } from '@haproxystats/runtime';
import type { LogHandler, LogReader } from '../log';
import { committedPosition } from './kafka-positions';
import { KafkaSession, type KafkaSessionOptions } from './kafka-session';
import { checkTopics, renderTopicFault } from './topic-admin';

export interface KafkaLogReaderOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly group: string;
  readonly sessionTimeoutMs: number;
  readonly tickMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const maxWaitMs = 500;
/** A broker answers a fetch within `maxWaitMs`; a reader without an answer for longer knows nothing of the log's end. */
const trustMs = 3_000;

/** A member of a consumer group over one topic. Every rebalance ends all sessions; the next owner replays from its base. */
export class KafkaLogReader implements LogReader {
  readonly failure: Promise<never>;
  readonly #fail: (error: unknown) => void;
  readonly #consumer: Consumer;
  readonly #admin: Admin;
  readonly #closing = new AbortController();
  readonly #sessions = new Map<number, KafkaSession>();
  #generation = 0;
  #fetchedAt = -Infinity;
  #joined = false;
  #alive = true;

  constructor(private readonly options: KafkaLogReaderOptions) {
    const { kafka, group, sessionTimeoutMs } = options;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    this.failure = promise;
    this.#fail = (error) => {
      this.#alive = false;
      reject(error);
    };
    this.#admin = kafka.admin();
    this.#consumer = kafka.consumer({
      groupId: group,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.min(3_000, sessionTimeoutMs / 3),
      maxWaitTimeInMs: maxWaitMs,
      maxBytes: 16 * 1024 * 1024,
      maxBytesPerPartition: 2 * 1024 * 1024,
      allowAutoTopicCreation: false,
    });
    this.#listen();
  }

  get ready(): boolean {
    return this.#alive && this.#joined && this.options.clock.monotonic() - this.#fetchedAt < 2 * trustMs;
  }

  lag(): ReadonlyMap<number, number> {
    return new Map([...this.#sessions].map(([partition, { lag }]) => [partition, lag]));
  }

  start(handler: LogHandler): void {
    this.#run(handler).catch(this.#fail);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#alive = false;
    await Promise.all([...this.#sessions.values()].map((session) => session.end('closed')));
    await this.#consumer.disconnect();
    await this.#admin.disconnect();
  }

  #listen(): void {
    const { GROUP_JOIN, FETCH, CRASH } = this.#consumer.events;
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      const partitions = payload.memberAssignment[this.options.topic] ?? [];
      this.options.logger.info(
        { topic: this.options.topic, group: payload.groupId, partitions },
        'joined the group',
      );
      this.#endSessions();
      this.#joined = true;
    });
    this.#consumer.on(FETCH, () => {
      this.#fetchedAt = this.options.clock.monotonic();
      for (const session of this.#sessions.values()) session.confirmEnd();
    });
    this.#consumer.on(CRASH, ({ payload: { error, restart } }) => {
      this.#joined = false;
      const { topic, group, logger } = this.options;
      logger.warn(
        { err: error, topic, group, restart },
        restart ? 'lost the group; joining again' : 'the consumer died',
      );
      if (!restart) this.#fail(error);
    });
  }

  /** Waits for the broker and the topic, then consumes. */
  async #run(handler: LogHandler): Promise<void> {
    const { topic, clock, logger } = this.options;
    const backoff = new Backoff({ firstMs: 500, factor: 2, maxMs: 10_000 });
    for (;;) {
      try {
        if (await this.#topicIsThere()) break;
      } catch (err) {
        logger.warn({ err, topic }, `topic ${topic}: no broker answers; trying on`);
      }
      await clock.sleep(backoff.next(), this.#closing.signal);
      if (this.#closing.signal.aborted) return;
    }
    await this.#consumer.subscribe({ topic, fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 1,
      eachBatch: (payload) => this.#onBatch(payload, handler),
    });
  }

  async #topicIsThere(): Promise<boolean> {
    await this.#admin.connect();
    const faults = await checkTopics(this.#admin, [this.options.topic]);
    for (const fault of faults) this.options.logger.error(fault, renderTopicFault(fault));
    if (faults.some(({ setting }) => setting === null)) return false;
    await this.#consumer.connect();
    return true;
  }

  /** Only hands over: whatever is resolved was queued in the same breath, so a rebalance cannot come between. */
  async #onBatch(payload: EachBatchPayload, handler: LogHandler): Promise<void> {
    const { batch } = payload;
    const session = this.#sessions.get(batch.partition);
    if (session) {
      session.take(payload);
      payload.resolveOffset(batch.lastOffset());
    } else {
      // Not resolved: this batch comes again once the session stands.
      await this.#begin(payload, handler);
    }
  }

  /** Opens the session at the committed position, and goes back to its base. */
  async #begin({ batch }: EachBatchPayload, handler: LogHandler): Promise<void> {
    const { topic, group, logger } = this.options;
    const { partition } = batch;
    const generation = this.#generation;
    const first = Number(batch.firstOffset());
    const stored = await committedPosition(this.#admin, { group, topic, partition });
    if (generation !== this.#generation || this.#closing.signal.aborted) return;
    if (stored && stored.watermark < first) {
      logger.error(
        { topic, partition, from: stored.watermark, to: first },
        `topic ${topic}: records were deleted before they were read; raise its retention`,
      );
    }
    const committed = stored ?? { watermark: first, base: first };
    this.#sessions.set(partition, this.#session({ partition, committed, handler }));
    if (committed.base < first) this.#consumer.seek({ topic, partition, offset: String(committed.base) });
  }

  #session(of: Pick<KafkaSessionOptions, 'partition' | 'committed' | 'handler'>): KafkaSession {
    const { topic, tickMs, clock, logger } = this.options;
    const partitions = [{ topic, partitions: [of.partition] }];
    return new KafkaSession({
      ...of,
      topic,
      tickMs,
      clock,
      logger,
      idleTrustMs: trustMs,
      onHigh: () => this.#consumer.pause(partitions),
      onLow: () => this.#consumer.resume(partitions),
      onFailure: this.#fail,
    });
  }

  #endSessions(): void {
    const { topic } = this.options;
    this.#generation++;
    for (const [partition, session] of this.#sessions) {
      void session.end('revoked');
      this.#consumer.resume([{ topic, partitions: [partition] }]);
    }
    this.#sessions.clear();
  }
}
