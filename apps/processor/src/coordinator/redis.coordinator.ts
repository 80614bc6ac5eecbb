import Redis from 'ioredis';
import { Backoff, type Logger } from '@haproxystats/runtime';
import {
  slotTtlMs,
  sourcesTtlMs,
  type Coordinator,
  type Question,
  type SlotKey,
  type Verdict,
} from './coordinator';
import { decideScript, doneScript } from './ledger-scripts';
import { connectionOptions, type RedisAccess } from './redis-connection';
import { redisRefusalOf, type LedgerRefusal } from './redis-refusal';

export interface RedisSettings extends RedisAccess {
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

const verdicts: ReadonlySet<string> = new Set<Verdict>(['WAIT', 'EMIT', 'MORE', 'DUP']);

const connectTimeoutMs = 3_000;
/** ioredis waits so long for a connection to close that has long closed. */
const disconnectTimeoutMs = 200;
/** A connection over which nothing comes for so long, though something was asked, leads to nobody: another one may. */
const silentMs = 3_000;
/** So says a server that was the first of a fail-over pair until now: who connects anew is led to the one that is. */
const isDemoted = /\bREADONLY\b/;
/** How soon is connected again: after a fault, and while Redis refuses the login. */
const reconnectPace = { firstMs: 50, factor: 1.5, maxMs: 2_000 };
const refusedPace = { firstMs: 2_000, factor: 2, maxMs: 30_000 };

/**
 * The ledger shared by all processors of a group. Rejects within the command timeout when Redis is slow or away, and with LedgerRefusal
 * when a person must act. Files of TLS and login are read again at each connection.
 */
export class RedisCoordinator implements Coordinator {
  readonly #redis: Redis & LedgerCommands;
  readonly #reconnect = new Backoff(reconnectPace);
  readonly #refused = new Backoff(refusedPace);
  /** Why there is no connection, where a person must act. */
  #refusal: LedgerRefusal | undefined;

  /** Throws OptionFault for files that cannot be used. */
  constructor(
    private readonly settings: RedisSettings,
    private readonly logger: Logger,
  ) {
    this.#redis = new Redis(settings.url, {
      // What the URL says would count more than what is given here.
      lazyConnect: true,
      commandTimeout: settings.commandTimeoutMs,
      socketTimeout: Math.max(silentMs, 2 * settings.commandTimeoutMs),
      connectTimeout: connectTimeoutMs,
      disconnectTimeout: disconnectTimeoutMs,
      reconnectOnError: ({ message }) => isDemoted.test(message),
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      // Both would ask for rights that the ledger does not need.
      enableReadyCheck: false,
      disableClientInfo: true,
      retryStrategy: () => this.#beforeReconnect(),
      scripts: {
        hsDecide: { lua: decideScript, numberOfKeys: 2 },
        hsDone: { lua: doneScript, numberOfKeys: 1 },
      },
    }) as Redis & LedgerCommands;
    this.#redis.on('ready', () => this.#connected());
    this.#redis.on('error', (err: Error) => this.#failed(err));
    Object.assign(this.#redis.options, connectionOptions(settings));
    // What fails is an event too.
    this.#redis.connect().catch(() => undefined);
  }

  async decide(question: Question): Promise<Verdict> {
    const { sources, held, now, leaseMs, force } = question;
    const args = [
      Math.floor(now),
      leaseMs,
      force ? 1 : 0,
      slotTtlMs,
      sourcesTtlMs(question),
      sources.length,
      ...sources,
      ...held,
    ];
    const verdict = await this.#explained(
      this.#redis.hsDecide(this.#slotKey(question), this.#liveKey(question), ...args),
    );
    if (!verdicts.has(verdict)) throw new Error(`redis: the ledger answered '${verdict}'`);
    return verdict as Verdict;
  }

  async done(key: SlotKey, members: readonly string[]): Promise<void> {
    await this.#explained(this.#redis.hsDone(this.#slotKey(key), slotTtlMs, ...members));
  }

  close(): Promise<void> {
    this.#redis.disconnect();
    return Promise.resolve();
  }

  /** A command that fails because there is no connection fails for the reason of that. */
  async #explained<T>(command: Promise<T>): Promise<T> {
    try {
      return await command;
    } catch (error) {
      forgetArguments(error);
      throw redisRefusalOf(error, this.settings) ?? this.#refusal ?? error;
    }
  }

  #connected(): void {
    this.#refusal = undefined;
    this.#reconnect.reset();
    this.#refused.reset();
  }

  /** What matters is said by the caller of the command that fails. */
  #failed(err: Error): void {
    forgetArguments(err);
    this.#refusal = redisRefusalOf(err, this.settings);
    this.logger.debug({ err }, 'redis');
  }

  /** Answers the ms to wait. */
  #beforeReconnect(): number {
    try {
      Object.assign(this.#redis.options, connectionOptions(this.settings));
    } catch (err) {
      this.logger.warn({ err }, `redis: ${(err as Error).message}; what it said before is used`);
    }
    return (this.#refusal ? this.#refused : this.#reconnect).next();
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

/** ioredis writes a command and its arguments into the error that it ends with: those of a login would be logged, password and all. */
function forgetArguments(error: unknown): void {
  const { command } = error as { command?: { name: string } };
  if (command) Object.assign(error as Error, { command: command.name });
}
