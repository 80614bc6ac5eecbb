import { Kafka, logLevel, type logCreator } from 'kafkajs';
import RequestQueue from 'kafkajs/src/network/requestQueue';
import type { Logger } from '@haproxystats/runtime';

export interface KafkaSettings {
  /** host:port of one or more brokers. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly requestTimeoutMs: number;
  readonly sessionTimeoutMs: number;
}

const pinoLevel: Readonly<Record<number, 'error' | 'warn' | 'info' | 'debug'>> = {
  [logLevel.ERROR]: 'error',
  [logLevel.WARN]: 'warn',
  [logLevel.INFO]: 'info',
  [logLevel.DEBUG]: 'debug',
};

/** A kafkajs client whose retries are short: the callers here retry for ever, with a back-off of their own, and stop when told. */
export function createKafka({ brokers, clientId, requestTimeoutMs }: KafkaSettings, logger: Logger): Kafka {
  quietRequestQueue();
  return new Kafka({
    clientId,
    brokers: [...brokers],
    connectionTimeout: 3_000,
    requestTimeout: requestTimeoutMs,
    retry: { initialRetryTime: 200, maxRetryTime: 2_000, retries: 4 },
    logCreator: logTo(logger),
    logLevel: logLevel.INFO,
  });
}

/** kafkajs tells of each attempt that fails; what matters is said by its callers, so its own words are for debugging. */
function logTo(logger: Logger): logCreator {
  return () =>
    ({ namespace, level, log: { message, ...rest } }) => {
      const told = pinoLevel[level] ?? 'debug';
      logger[told === 'error' || told === 'warn' ? 'debug' : 'trace'](
        { ...rest, namespace, level: told },
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
