import Redis from 'ioredis';
import type { Logger } from '@haproxystats/runtime';
import {
  slotTtlMs,
  sourceTtlMs,
  type Coordinator,
  type Question,
  type SlotKey,
  type Verdict,
} from './coordinator';
import { decideScript, doneScript } from './ledger-scripts';

export interface RedisSettings {
  readonly url: string;
  readonly commandTimeoutMs: number;
  /** First part of every key. */
  readonly keyPrefix: string;
  /** A consumer group has a ledger of its own, so that a replay under another group emits again. */
  readonly group: string;
}

interface LedgerCommands {
  hsDecide(slot: string, live: string, ...args: (string | number)[]): Promise<string>;
  hsDone(slot: string, ...args: (string | number)[]): Promise<number>;
}

const verdicts: ReadonlySet<string> = new Set<Verdict>(['WAIT', 'EMIT', 'DUP']);

/** The ledger shared by all processors of a group. Rejects within the command timeout when Redis is slow or away. */
export class RedisCoordinator implements Coordinator {
  readonly #redis: Redis & LedgerCommands;

  constructor(
    private readonly settings: RedisSettings,
    logger: Logger,
  ) {
    this.#redis = new Redis(settings.url, {
      commandTimeout: settings.commandTimeoutMs,
      connectTimeout: 3_000,
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      scripts: {
        hsDecide: { lua: decideScript, numberOfKeys: 2 },
        hsDone: { lua: doneScript, numberOfKeys: 1 },
      },
    }) as Redis & LedgerCommands;
    // What matters is said by the caller of the command that fails.
    this.#redis.on('error', (err: Error) => logger.debug({ err }, 'redis'));
  }

  async decide(question: Question): Promise<Verdict> {
    const { sources, held, now, leaseMs, force } = question;
    const args = [
      Math.floor(now),
      leaseMs,
      force ? 1 : 0,
      slotTtlMs,
      sourceTtlMs,
      sources.length,
      ...sources,
      ...held,
    ];
    const verdict = await this.#redis.hsDecide(this.#slotKey(question), this.#liveKey(question), ...args);
    if (!verdicts.has(verdict)) throw new Error(`redis: the ledger answered '${verdict}'`);
    return verdict as Verdict;
  }

  async done(key: SlotKey, members: readonly string[]): Promise<void> {
    await this.#redis.hsDone(this.#slotKey(key), slotTtlMs, ...members);
  }

  close(): Promise<void> {
    this.#redis.disconnect();
    return Promise.resolve();
  }

  #slotKey({ entity, slot }: SlotKey): string {
    return `${this.#entityKey(entity)}:${slot}`;
  }

  #liveKey({ entity }: SlotKey): string {
    return `${this.#entityKey(entity)}:live`;
  }

  #entityKey(entity: string): string {
    return `${this.settings.keyPrefix}:${this.settings.group}:{${entity}}`;
  }
}
