import type { Admin, EachBatchPayload } from 'kafkajs';
import type { Clock, Logger } from '@haproxystats/runtime';
import type { LogHandler, Position } from '../log';
import type { KafkaMember } from './kafka-member';
import { committedPositions, logEnds, startingPosition, type LogEnds } from './kafka-positions';
import { KafkaSession, type OffsetRange } from './kafka-session';

export interface KafkaSessionsOptions {
  readonly topic: string;
  readonly group: string;
  readonly tickMs: number;
  /** How long a log's end is believed. */
  readonly idleTrustMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly admin: Admin;
  readonly member: () => KafkaMember;
  readonly onFailure: (error: unknown) => void;
}

/** Looks in a row: a broker that does not know yet that it leads no more may say once that a log is shorter than it is. */
const looksAtOther = 3;

/** An answer that was longer under way, for instance because the process was stopped, says nothing of where a log ends now. */
const maxAnswerMs = 1_000;

/** The sessions of the partitions that the group has assigned to this reader. A session that has ended is kept for its lag until the next. */
export class KafkaSessions {
  readonly #sessions = new Map<number, KafkaSession>();
  #assigned: readonly number[] = [];
  #generation = 0;
  #open = false;
  #lost = 0;
  /** Looks in a row at which a log ended before what had been read of it. */
  #shorter = 0;

  constructor(private readonly options: KafkaSessionsOptions) {}

  /** Every assigned partition has its session. */
  get open(): boolean {
    return this.#open;
  }

  /** Records that the log deleted before this reader could read them. */
  get lost(): number {
    return this.#lost;
  }

  lag(): ReadonlyMap<number, number> {
    return new Map([...this.#sessions].map(([partition, { lag }]) => [partition, lag]));
  }

  /** The partitions are somebody else's from now on, or nobody's. */
  revoke(): void {
    this.#generation++;
    this.#open = false;
    for (const session of this.#sessions.values()) void session.end('revoked');
  }

  /** These partitions are ours from now on; `look` opens their sessions. */
  assign(partitions: readonly number[]): void {
    this.revoke();
    this.#assigned = partitions;
    for (const partition of this.#sessions.keys()) {
      if (!partitions.includes(partition)) this.#sessions.delete(partition);
    }
  }

  /** Ends all sessions once what is in hand is finished; what that commits is stored. Nothing more is fetched meanwhile. */
  async close(): Promise<void> {
    this.#generation++;
    this.#open = false;
    if (this.#sessions.size > 0) this.options.member().pause([...this.#sessions.keys()]);
    await Promise.all([...this.#sessions.values()].map((session) => session.end('closed')));
  }

  /** Asks where the logs end, and opens the sessions that are due. Rejects when no broker answers or a right is missing. */
  async look(handler: LogHandler): Promise<void> {
    if (this.#assigned.length === 0) this.#open = true;
    else if (this.#open) await this.#lookAtEnds();
    else await this.#begin(handler);
  }

  /** A batch that no session takes is not resolved: it comes again once one does. */
  take(payload: EachBatchPayload): void {
    const { batch } = payload;
    const session = this.#sessions.get(batch.partition);
    if (!session || session.ended) this.options.member().pause([batch.partition]);
    else if (session.take(payload)) payload.resolveOffset(batch.lastOffset());
    else this.options.member().seek(batch.partition, session.next);
  }

  pass(partition: number, range: OffsetRange): void {
    this.#sessions.get(partition)?.pass(range);
  }

  async #lookAtEnds(): Promise<void> {
    const { admin, topic, clock } = this.options;
    const generation = this.#generation;
    const askedAt = clock.monotonic();
    const read = [...this.#sessions].map(([partition, { next }]) => ({ partition, next }));
    await admin.connect();
    const ends = await logEnds(admin, topic);
    if (generation !== this.#generation) return;
    const now = clock.monotonic() - askedAt <= maxAnswerMs;
    for (const [partition, session] of this.#sessions) {
      const end = ends.get(partition);
      if (end) session.sawEnd(end.high, now);
    }
    const shorter = read.find(({ partition, next }) => (ends.get(partition)?.high ?? next) < next);
    if (!shorter) this.#shorter = 0;
    else if (++this.#shorter < looksAtOther) await admin.disconnect();
    else this.#beginAnew(shorter);
  }

  /** The topic was made anew, or a broker has lost its end. kafkajs would read nothing until it is as long as it was, and then go on there. */
  #beginAnew({ partition, next }: { partition: number; next: number }): void {
    const { topic, group, logger } = this.options;
    logger.error(
      { topic, group, partition, next },
      `topic ${topic}: the log ends before what group ${group} has read of it; beginning anew`,
    );
    this.#shorter = 0;
    this.revoke();
  }

  async #begin(handler: LogHandler): Promise<void> {
    const { admin, topic } = this.options;
    const generation = this.#generation;
    // An admin client never asks again by itself who leads a partition, or how many there are.
    await admin.disconnect();
    await admin.connect();
    const committed = await committedPositions(admin, this.options);
    const ends = await logEnds(admin, topic);
    if (generation !== this.#generation) return;
    const unknown = this.#assigned.find((partition) => !ends.has(partition));
    if (unknown !== undefined) throw new Error(`topic ${topic}: no broker knows partition ${unknown} yet`);
    for (const partition of this.#assigned) {
      this.#beginAt(partition, { stored: committed.get(partition), ends: ends.get(partition)!, handler });
    }
    this.#open = true;
  }

  #beginAt(
    partition: number,
    { stored, ends, handler }: { stored: Position | undefined; ends: LogEnds; handler: LogHandler },
  ): void {
    const committed = startingPosition(stored, ends);
    if (stored && stored.watermark < ends.low) this.#tellLost(partition, stored.watermark, ends.low);
    if (stored && stored.watermark > ends.high) this.#tellOtherLog(partition, stored.watermark, ends);
    const { topic, tickMs, idleTrustMs, clock, logger, member, onFailure } = this.options;
    const session = new KafkaSession({
      topic,
      partition,
      committed,
      end: ends.high,
      handler,
      tickMs,
      idleTrustMs,
      clock,
      logger,
      onHigh: () => member().pause([partition]),
      onLow: () => this.#resume(partition, session),
      onLoss: (from, to) => this.#tellLost(partition, from, to),
      onFailure,
    });
    this.#sessions.set(partition, session);
    member().seek(partition, committed.base);
    member().resume([partition]);
  }

  /** A session that has ended may still work off a record while the partition waits for its next one. */
  #resume(partition: number, session: KafkaSession): void {
    if (this.#sessions.get(partition) === session && !session.ended)
      this.options.member().resume([partition]);
  }

  #tellLost(partition: number, from: number, to: number): void {
    const { topic, group, logger } = this.options;
    this.#lost += to - from;
    logger.error(
      { topic, group, partition, from, to, records: to - from },
      `topic ${topic}: records were deleted before they were read; raise its retention`,
    );
  }

  #tellOtherLog(partition: number, committed: number, { low, high }: LogEnds): void {
    const { topic, group, logger } = this.options;
    logger.error(
      { topic, group, partition, committed, low, high },
      `topic ${topic}: the log ends before what group ${group} has committed; reading it from its start`,
    );
  }
}
