import { kafkaSettingsOf } from '@haproxystats/messaging';
import type { Settings } from '@haproxystats/runtime';
import type { GraphiteConfig } from '@haproxystats/sinks';
import type { ProcessorConfig } from './processor.config';

/** What users have set, as the processor takes it: seconds become ms. */
export function processorConfigOf(settings: Settings): ProcessorConfig {
  const { process, kafka, redis } = settings;
  return {
    roles: process.roles,
    topicPrefix: kafka['topic-prefix'],
    groupPrefix: kafka['group-prefix'],
    kafka: kafkaSettingsOf(settings),
    redis:
      redis.url === undefined
        ? undefined
        : {
            url: redis.url,
            commandTimeoutMs: redis['command-timeout'] * 1000,
            keyPrefix: redis['key-prefix'],
          },
    rawDirectory: process['src-dir'],
    framesDirectory: process['frames-dir'],
    maxFrames: settings.pull['queue-size'],
    graphite: graphiteConfigOf(settings),
  };
}

function graphiteConfigOf({ graphite }: Settings): GraphiteConfig {
  return {
    address: { host: graphite.server, port: graphite.port },
    names: {
      namespace: graphite.namespace,
      prefixHostname: graphite['prefix-hostname'],
      fqdn: graphite.fqdn,
    },
    timeouts: {
      connectMs: graphite['connect-timeout'] * 1000,
      writeMs: graphite['write-timeout'] * 1000,
      closeMs: graphite['close-timeout'] * 1000,
      settleMs: graphite.settle * 1000,
    },
    retry: { firstMs: graphite.interval * 1000, factor: graphite.backoff, maxMs: graphite.delay * 1000 },
    batchBytes: graphite['batch-size'],
  };
}
