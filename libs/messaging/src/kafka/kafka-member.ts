import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import type { Consumer, ConsumerCrashEvent, EachBatchPayload, Kafka } from 'kafkajs';
import type { Logger } from '@haproxystats/runtime';
import { boundHeaders } from './bounded-headers';
import type { OffsetRange } from './kafka-session';
import { keepMembership } from './kept-membership';

export interface KafkaMemberOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly group: string;
  readonly sessionTimeoutMs: number;
  readonly logger: Logger;
  readonly listener: KafkaMemberListener;
}

/** What happens to a member, told synchronously: between a join and what it tells kafkajs fetches nothing. */
export interface KafkaMemberListener {
  /** Joined, at first or again: these partitions are ours. Nothing of them is fetched before `read`. */
  joined(partitions: readonly number[]): void;
  /** Out of the group; with `restart` kafkajs joins again by itself. */
  crashed(error: Error, restart: boolean): void;
  /** Whether kafkajs joins again by itself after this error. */
  mayRestart(error: Error): boolean;
  /** A broker has answered, or was found not to. */
  fetched(): void;
  /** Must hand over without waiting. What it does not resolve comes again. */
  batch(payload: EachBatchPayload): void;
  /** kafkajs has read records that hold nothing for a reader. */
  passed(partition: number, range: OffsetRange): void;
}

/** How long a broker keeps a fetch that finds no records. */
export const maxWaitMs = 500;

/** A kafkajs consumer in one group over one topic: joins, fetches only what it is told to, leaves for good. */
export class KafkaMember {
  readonly #consumer: Consumer;
  #leaving = false;
  /** kafkajs starts, until it has joined or given up. */
  #starting: Promise<void> | undefined;
  #started: () => void = () => undefined;

  constructor(private readonly options: KafkaMemberOptions) {
    const { kafka, group, sessionTimeoutMs } = options;
    boundHeaders();
    keepMembership();
    this.#consumer = kafka.consumer({
      groupId: group,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.min(3_000, sessionTimeoutMs / 3),
      maxWaitTimeInMs: maxWaitMs,
      maxBytes: 16 * 1024 * 1024,
      maxBytesPerPartition: 2 * 1024 * 1024,
      allowAutoTopicCreation: false,
      retry: {
        retries: 5,
        restartOnFailure: (error) => Promise.resolve(!this.#leaving && options.listener.mayRestart(error)),
      },
    });
    this.#listen();
  }

  /** kafkajs is about to join: until then it cannot be stopped. */
  get joining(): boolean {
    return this.#starting !== undefined && this.#inGroup();
  }

  /** Rejects when no broker answers, or none lets this client know of the topic. */
  async connect(): Promise<void> {
    await this.#consumer.connect();
    if (this.#leaving) return;
    await this.#consumer.subscribe({ topic: this.options.topic, fromBeginning: true });
  }

  /** Resolves when joined, or not needed any more. */
  async join(): Promise<void> {
    const { listener } = this.options;
    if (this.#leaving) return;
    const starting = this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 1,
      eachBatch: (payload) => {
        listener.batch(payload);
        return Promise.resolve();
      },
    });
    this.#starting = starting;
    await starting;
    // A crash on the way has put the restart in its place.
    if (this.#starting === starting) this.#starting = undefined;
  }

  /** Reads on from `offset`. */
  seek(partition: number, offset: number): void {
    this.#tell('seek', () =>
      this.#consumer.seek({ topic: this.options.topic, partition, offset: String(offset) }),
    );
  }

  pause(partitions: readonly number[]): void {
    this.#tell('pause', () =>
      this.#consumer.pause([{ topic: this.options.topic, partitions: [...partitions] }]),
    );
  }

  resume(partitions: readonly number[]): void {
    this.#tell('resume', () =>
      this.#consumer.resume([{ topic: this.options.topic, partitions: [...partitions] }]),
    );
  }

  /** Resolves when out of the group and disconnected; that waits for a join under way, which kafkajs would else finish out of reach. */
  async leave(): Promise<void> {
    this.#leaving = true;
    // How a start ends is for `join` and `crashed` to tell.
    if (this.joining) await Promise.allSettled([this.#starting]);
    await this.#consumer.disconnect();
  }

  #listen(): void {
    const { listener, topic } = this.options;
    const { GROUP_JOIN, FETCH, CRASH, START_BATCH_PROCESS } = this.#consumer.events;
    this.#consumer.on(GROUP_JOIN, ({ payload }) => this.#joined(payload.memberAssignment[topic] ?? []));
    this.#consumer.on(CRASH, ({ payload }) => this.#crashed(payload));
    this.#consumer.on(FETCH, () => listener.fetched());
    this.#consumer.on(START_BATCH_PROCESS, ({ payload }) => {
      const { batchSize, partition, firstOffset: first, lastOffset: last, highWatermark: end } = payload;
      if (batchSize === 0) listener.passed(partition, { first, last, end });
    });
  }

  #joined(partitions: readonly number[]): void {
    const { topic, group, logger, listener } = this.options;
    this.pause(partitions);
    if (!this.#leaving) listener.joined(partitions);
    // Not before kafkajs counts itself as running, which it does when this event is through.
    void turnOfEventLoop()
      .then(() => this.#afterJoin())
      .catch((err: unknown) => logger.warn({ err, topic, group }, 'cannot leave the group'));
  }

  async #afterJoin(): Promise<void> {
    this.#started();
    if (this.#leaving) await this.#consumer.disconnect();
  }

  #crashed({ error, restart }: ConsumerCrashEvent['payload']): void {
    if (restart) {
      this.#starting = new Promise((resolve) => {
        this.#started = () => {
          this.#starting = undefined;
          resolve();
        };
      });
    } else {
      this.#started();
    }
    this.options.listener.crashed(error, restart);
  }

  /** Between a crash and the restart kafkajs has no group and throws: what was to be told is void by then. */
  #tell(what: string, call: () => void): void {
    const { topic, group, logger } = this.options;
    try {
      call();
    } catch (err) {
      logger.debug({ err, topic, group }, `the consumer takes no ${what} now`);
    }
  }

  /** kafkajs has joined or is about to; it does not wait for a restart. */
  #inGroup(): boolean {
    try {
      this.#consumer.pause([]);
      return true;
    } catch {
      return false;
    }
  }
}
