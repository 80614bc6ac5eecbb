import type { Admin } from 'kafkajs';
import type { BackoffOptions, Clock, Logger } from '@haproxystats/runtime';
import { Doorbell } from '../doorbell';
import type { LogHandler, LogReader } from '../log';
import type { KafkaClient } from './kafka-client';
import { KafkaMember, maxWaitMs } from './kafka-member';
import { passesByItself, unpackingFault } from './kafka-refusal';
import { KafkaRetry } from './kafka-retry';
import { KafkaSessions } from './kafka-sessions';
import { TopicMissing, untilTopicIsThere } from './topic-wait';
import { within } from './within';

export interface KafkaLogReaderOptions {
  readonly kafka: KafkaClient;
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
/**
 * What `close` waits at most: for what is in hand and its commits, which a silent broker would hold for the request timeout; for a
 * consumer that reads; and for one that the group keeps waiting.
 */
const closeMs = { inHand: 8_000, reading: 3_000, joining: 1_000 };
/** How fast is tried again: until the topic is there, and while the ends of its partitions cannot be had. */
const joinPace: BackoffOptions = { firstMs: 500, factor: 2, maxMs: 10_000 };
/** Whoever was a member for longer was not refused from the beginning. */
const soundMs = 10_000;
const lookPace: BackoffOptions = { firstMs: 200, factor: 2, maxMs: 5_000 };

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
  /** Infinity: is no member. */
  #joinedAt = Infinity;
  #joined = false;
  #alive = true;
  #refused = 0;
  readonly #joinRetry: KafkaRetry;
  readonly #lookRetry: KafkaRetry;

  constructor(private readonly options: KafkaLogReaderOptions) {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    this.failure = promise;
    const { topic, group, logger } = options;
    this.#fail = (err) => {
      this.#alive = false;
      logger.error({ err, topic, group }, `the reader for group ${group} of topic ${topic} has failed`);
      reject(err);
    };
    this.#bell = new Doorbell(options.clock);
    this.#joinRetry = this.#newRetry(joinPace, 10);
    this.#lookRetry = this.#newRetry(lookPace, 10);
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

  /** Tries that the brokers refused: rights, login or certificates are wrong. */
  get refused(): number {
    return this.#refused;
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
        mayRestart: (error) => !this.#joinRetry.isRefusal(error),
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
    this.#joinedAt = this.options.clock.monotonic();
    this.#lookRetry.reset();
    this.#bell.ring();
  }

  #crash(err: Error, restart: boolean): void {
    const wasJoined = this.#joined;
    this.#joined = false;
    this.#sessions.revoke();
    if (this.#closing.signal.aborted) return;
    if (!restart && (passesByItself(err) || this.#joinRetry.isRefusal(err))) {
      this.#joinAfter(err).catch(this.#fail);
      return;
    }
    const { topic, group, logger } = this.options;
    if (!restart) {
      this.#fail(unpackingFault(err, topic) ?? err);
      return;
    }
    // While the broker is away kafkajs crashes every few seconds: said once, until it has joined again.
    logger[wasJoined ? 'warn' : 'debug']({ err, topic, group }, 'lost the group; joining again');
  }

  /** kafkajs has given up: a broker may answer, and what it is refused may be granted, at any time. */
  async #joinAfter(err: Error): Promise<void> {
    const { clock } = this.options;
    if (clock.monotonic() - this.#joinedAt > soundMs) this.#joinRetry.reset();
    this.#joinedAt = Infinity;
    this.#sessions.assign([]);
    await clock.sleep(this.#joinRetry.next(err), this.#closing.signal);
    if (await this.#reach()) await this.#member.join();
  }

  async #run(handler: LogHandler): Promise<void> {
    if (!(await this.#reach())) return;
    this.#watching = this.#watch(handler);
    await this.#member.join();
  }

  /** Waits for the broker and the topic; false when closed meanwhile. */
  async #reach(): Promise<boolean> {
    const { signal } = this.#closing;
    const wait = { ...this.options, admin: this.#admin, signal, retry: this.#joinRetry };
    await untilTopicIsThere(wait, () => this.#member.connect());
    // What was under way when the reader was closed has connected again.
    if (signal.aborted) await this.#disconnect();
    return !signal.aborted;
  }

  #newRetry(pace: BackoffOptions, each: number): KafkaRetry {
    const { topic, logger } = this.options;
    return new KafkaRetry({
      ...this.options,
      pace,
      onRefusal: () => this.#refused++,
      onFault: (err, attempts, hint) => {
        if (attempts % each > 0 || err instanceof TopicMissing) return;
        logger.warn({ err, topic }, `topic ${topic}: no broker answers; trying on${hint}`);
      },
    });
  }

  /** Opens the sessions after each join, and looks at the logs' ends in between. */
  async #watch(handler: LogHandler): Promise<void> {
    while (!this.#closing.signal.aborted) {
      let waitMs = lookMs;
      try {
        await this.#sessions.look(handler);
        this.#lookRetry.reset();
      } catch (err) {
        waitMs = this.#lookRetry.next(err);
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
    this.#closing.abort();
    this.#alive = false;
    this.#bell.ring();
    await this.#within(closeMs.inHand, this.#sessions.close(), 'cannot commit: what is not comes again');
    const ms = this.#member.joining ? closeMs.joining : closeMs.reading;
    await this.#within(ms, this.#disconnect(), 'keeps the consumer waiting: it leaves later, or drops out');
  }

  async #within(ms: number, work: Promise<void>, outcome: string): Promise<void> {
    const { topic, group, clock, logger } = this.options;
    if (!(await within(work, ms, clock))) logger.warn({ topic, group, ms }, `group ${group} ${outcome}`);
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
