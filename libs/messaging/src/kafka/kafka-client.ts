import { Kafka, logLevel, type logCreator } from 'kafkajs';
import RequestQueue from 'kafkajs/src/network/requestQueue';
import BrokerPool from 'kafkajs/src/cluster/brokerPool';
import type { Logger } from '@haproxystats/runtime';
import { denialType } from './kafka-refusal';
import { openSecurity, type KafkaSecurity } from './kafka-security';

export interface KafkaSettings {
  /** host:port of one or more brokers. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly requestTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  /** Absent: plain connections, without a login. */
  readonly security?: KafkaSecurity;
}

/** A client that can say in messages where it goes and whom the brokers take it for. */
export type KafkaClient = Kafka & { readonly brokers?: string; readonly principal?: string };

const pinoLevel: Readonly<Record<number, 'error' | 'warn' | 'info' | 'debug'>> = {
  [logLevel.ERROR]: 'error',
  [logLevel.WARN]: 'warn',
  [logLevel.INFO]: 'info',
  [logLevel.DEBUG]: 'debug',
};

/**
 * A kafkajs client whose retries are short: the callers here retry for ever, with a back-off of their own, and stop when told.
 * Throws OptionFault for files of TLS and login that cannot be used.
 */
export function createKafka(settings: KafkaSettings, logger: Logger): KafkaClient {
  const { brokers, clientId, requestTimeoutMs, security = { tls: undefined, login: undefined } } = settings;
  quietRequestQueue();
  candidBrokerPool();
  const { principal, ...connection } = openSecurity(security, logger);
  if (security.login?.mechanism === 'plain' && !security.tls)
    logger.warn(
      { brokers },
      "sasl-mechanism = plain sends the password readably: set 'tls = true' in [kafka]",
    );
  const kafka = new Kafka({
    clientId,
    brokers: [...brokers],
    connectionTimeout: 3_000,
    requestTimeout: requestTimeoutMs,
    retry: { initialRetryTime: 200, maxRetryTime: 2_000, retries: 4 },
    logCreator: logTo(logger),
    logLevel: logLevel.INFO,
    ...connection,
  });
  return Object.assign(kafka, { principal, brokers: brokers.join(', ') });
}

/** kafkajs tells of each attempt that fails; what matters is said by its callers, so its own words are for debugging. */
function logTo(logger: Logger): logCreator {
  return () =>
    ({ namespace, level, log: { message, ...rest } }) => {
      const told = pinoLevel[level] ?? 'debug';
      logger[told === 'error' || told === 'warn' ? 'debug' : 'trace'](
        { ...rest, namespace, told },
        `kafkajs: ${message}`,
      );
    };
}

/**
 * kafkajs 2.2.4 re-arms a 1 ms timer on every connection for ever (its issue 1751): 3 idle connections cost 2.7 % of a core.
 * A check is due only while requests wait or the broker throttles.
 */
export function quietRequestQueue(): void {
  const queue = RequestQueue.prototype;
  if (queue.quiet) return;
  const schedule = queue.scheduleCheckPendingRequests;
  queue.scheduleCheckPendingRequests = function (this: typeof queue) {
    if (this.pending.length > 0 || this.throttledUntil > new Date().getTime()) schedule.call(this);
  };
  queue.quiet = true;
}

/** kafkajs 2.2.4 forgets why brokers did not answer: a group that it may not read is for it one without a coordinator. */
function candidBrokerPool(): void {
  const pool = BrokerPool.prototype;
  if (pool.candid) return;
  const askBrokers = pool.withBroker;
  pool.withBroker = async function (this: typeof pool, ask) {
    let denial: Error | undefined;
    const answer = await askBrokers.call(this, (asked) =>
      ask(asked).catch((error: unknown) => {
        if (error instanceof Error && denialType(error) !== undefined) denial = error;
        throw error;
      }),
    );
    if (answer === null && denial) throw denial;
    return answer;
  };
  pool.candid = true;
}
