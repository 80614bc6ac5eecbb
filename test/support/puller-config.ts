import type { PullerConfig } from '@haproxystats/puller';

/** What a puller needs, without sockets, and with short times. */
export function pullerConfig(change: Partial<PullerConfig> = {}): PullerConfig {
  return {
    cluster: 'main',
    node: 'lb1',
    socketDir: undefined,
    servers: [],
    masters: [],
    intervalMs: 10_000,
    pollTimeoutMs: 2_000,
    connectTimeoutMs: 500,
    connectRetries: 0,
    connectIntervalMs: 50,
    maxReplyBytes: 64e6,
    maxPollBytes: 256e6,
    queueSize: 360,
    whenFull: 'suspend',
    topic: 'raw',
    sourceFile: 'source',
    drainSlotsPerInterval: 10,
    maxPolls: undefined,
    ...change,
  };
}
