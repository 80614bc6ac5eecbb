import { join } from 'node:path';
import { topicName } from '@haproxystats/messaging';
import type { Settings } from '@haproxystats/runtime';
import type { PullerConfig } from './puller.config';

/** What all replies of one poll may take together. */
const maxPollBytes = 512 * 1024 * 1024;
/** While a backlog drains: fast enough to catch up, slow enough not to drown the readers of a whole fleet. */
const drainSlotsPerInterval = 10;

/** What users have set, as the puller takes it: seconds become ms. */
export function pullerConfigOf({ pull, cluster, kafka }: Settings): PullerConfig {
  return {
    cluster: cluster.name,
    node: pull.node,
    socketDir: pull['socket-dir'],
    servers: pull.servers ?? [],
    masters: pull['master-socket'] ?? [],
    intervalMs: pull['pull-interval'] * 1000,
    pollTimeoutMs: pull['pull-timeout'] * 1000,
    connectTimeoutMs: pull.timeout * 1000,
    connectRetries: pull.retries,
    connectIntervalMs: pull.interval * 1000,
    maxReplyBytes: pull['reply-limit'],
    maxPollBytes,
    queueSize: pull['queue-size'],
    whenFull: pull['when-full'],
    topic: topicName(kafka['topic-prefix'], 'raw'),
    sourceFile: join(pull['dst-dir'], 'source'),
    drainSlotsPerInterval,
    maxPolls: undefined,
  };
}
