import type { Admin, Kafka } from 'kafkajs';
import { Backoff, type Clock, type Logger } from '@haproxystats/runtime';
import { Doorbell } from '../doorbell';
import type { LogHandler, LogReader } from '../log';
import { denialType } from './kafka-denial';
import { KafkaMember, maxWaitMs } from './kafka-member';
import { KafkaSessions } from './kafka-sessions';
import { tellUnanswered, untilTopicIsThere } from './topic-wait';
import { within } from './within';

export interface KafkaLogReaderOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly group: string;
  readonly sessionTimeoutMs: number;
  readonly tickMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How often the brokers are asked where the logs end: for the lag, and because the clock of an idle session runs only while its end is known. */
const lookMs = 1_000;
const idleTrustMs = 3 * lookMs;
/** A consumer without an answer to a fetch for longer does not read. */
const maxSilenceMs = 12 * maxWaitMs;
/** What `close` waits at most: for a consumer that reads, and for one that the group keeps waiting. */
const leaveMs = { reading: 5_000, joining: 1_000 };

/** A member of a consumer group over one topic. Every rebalance ends all sessions; the next owner replays from its base. */
export class KafkaLogReader implements LogReader {
  readonly failure: Promise<never>;
  readonly #fail: (error: unknown) => void;
  readonly #admin: Admin;
  readonly #member: KafkaMember;
  readonly #sessions: KafkaSessions;
  readonly #closing = new AbortController();
  readonly #bell: Doorbell;
  #watching: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;
  #fetchedAt = -Infinity;
  #joined = false;
  #alive = true;

  constructor(private readonly options: KafkaLogReaderOptions) {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    this.failure = promise;
    this.#fail = (error) => {
      this.#alive = false;
      reject(error);
    };
    this.#bell = new Doorbell(options.clock);
    this.#admin = options.kafka.admin();
    this.#member = this.#newMember();
    this.#sessions = new KafkaSessions({
      ...options,
      idleTrustMs,
      admin: this.#admin,
      member: () => this.#member,
      onFailure: this.#fail,
    });
  }

  get ready(): boolean {
    const silentMs = this.options.clock.monotonic() - this.#fetchedAt;
    return this.#alive && this.#joined && this.#sessions.open && silentMs < maxSilenceMs;
  }

  /** Records that were deleted before they were read. */
  get lost(): number {
    return this.#sessions.lost;
  }

  lag(): ReadonlyMap<number, number> {
    return this.#sessions.lag();
  }

  start(handler: LogHandler): void {
    this.#run(handler).catch(this.#fail);
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  #newMember(): KafkaMember {
    return new KafkaMember({
      ...this.options,
      listener: {
        joined: (partitions) => this.#join(partitions),
        crashed: (error, restart) => this.#crash(error, restart),
        fetched: () => (this.#fetchedAt = this.options.clock.monotonic()),
        batch: (payload) => this.#sessions.take(payload),
        passed: (partition, range) => this.#sessions.pass(partition, range),
      },
    });
  }

  #join(partitions: readonly number[]): void {
    const { topic, group, logger } = this.options;
    logger.info({ topic, group, partitions }, 'joined the group');
    this.#sessions.assign(partitions);
    this.#joined = true;
    this.#bell.ring();
  }

  #crash(err: Error, restart: boolean): void {
    const wasJoined = this.#joined;
    this.#joined = false;
    this.#sessions.revoke();
    if (this.#closing.signal.aborted) return;
    const { topic, group, logger } = this.options;
    const denial = denialType(err);
    const fatal = denial
      ? `the broker denies group ${group} to read topic ${topic} (${denial})`
      : 'the consumer died';
    // While the broker is away kafkajs crashes every few seconds: said once, until it has joined again.
    const level = wasJoined || !restart ? 'warn' : 'debug';
    logger[level]({ err, topic, group, restart }, restart ? 'lost the group; joining again' : fatal);
    if (!restart) this.#fail(err);
  }

  /** Waits for the broker and the topic, then consumes. */
  async #run(handler: LogHandler): Promise<void> {
    const { signal } = this.#closing;
    const wait = { ...this.options, admin: this.#admin, signal };
    await untilTopicIsThere(wait, () => this.#member.connect());
    // What was under way when the reader was closed has connected again.
    if (signal.aborted) return this.#disconnect();
    this.#watching = this.#watch(handler);
    await this.#member.join();
  }

  /** Opens the sessions after each join, and looks at the logs' ends in between. */
  async #watch(handler: LogHandler): Promise<void> {
    const { topic, logger } = this.options;
    const backoff = new Backoff({ firstMs: 200, factor: 2, maxMs: 5_000 });
    while (!this.#closing.signal.aborted) {
      let waitMs = lookMs;
      try {
        await this.#sessions.look(handler);
        backoff.reset();
      } catch (err) {
        if (backoff.attempts % 10 === 0) tellUnanswered(logger, topic, err);
        waitMs = backoff.next();
        await this.#forget();
      }
      await this.#bell.wait(waitMs);
    }
  }

  /** What the admin client knows of brokers and leaders may be what failed it. */
  async #forget(): Promise<void> {
    try {
      await this.#admin.disconnect();
    } catch (err) {
      this.options.logger.debug({ err }, 'the admin client cannot disconnect');
    }
  }

  async #close(): Promise<void> {
    const { topic, group, clock, logger } = this.options;
    this.#closing.abort();
    this.#alive = false;
    this.#bell.ring();
    await this.#sessions.close();
    const patienceMs = this.#member.joining ? leaveMs.joining : leaveMs.reading;
    if (await within(this.#disconnect(), patienceMs, clock)) return;
    logger.warn(
      { topic, group, patienceMs },
      `group ${group} keeps the consumer waiting: it leaves when it can, or is dropped after the session timeout`,
    );
  }

  async #disconnect(): Promise<void> {
    const { topic, group, logger } = this.options;
    const parts = await Promise.allSettled([
      this.#member.leave(),
      this.#watching.then(() => this.#admin.disconnect()),
    ]);
    for (const part of parts) {
      if (part.status === 'rejected')
        logger.warn({ err: part.reason as unknown, topic, group }, 'cannot disconnect');
    }
  }
}
