import { kafkaSettingsOf } from '@haproxystats/messaging';
import { compileDerived } from '@haproxystats/metrics';
import type { Settings } from '@haproxystats/runtime';
import type {
  FinishConfig,
  GraphiteAddress,
  GraphiteConfig,
  GroupPaths,
  LocalStoreConfig,
} from '@haproxystats/sinks';
import { redisAccessOf } from './coordinator/redis-connection';
import type { ProcessorConfig } from './processor.config';

/** What users have set, as the processor takes it: seconds become ms. */
export function processorConfigOf(settings: Settings): ProcessorConfig {
  const { process, kafka, redis } = settings;
  const access = redisAccessOf(settings);
  return {
    roles: process.roles,
    semantics: process.semantics,
    aggregateServers: process['aggr-server-metrics'],
    excludeBackends: process['exclude-backends'],
    topicPrefix: kafka['topic-prefix'],
    groupPrefix: kafka['group-prefix'],
    kafka: kafkaSettingsOf(settings),
    redis: access && {
      ...access,
      commandTimeoutMs: redis['command-timeout'] * 1000,
      keyPrefix: redis['key-prefix'],
    },
    rawDirectory: process['src-dir'],
    framesDirectory: process['frames-dir'],
    maxFrames: settings.pull['queue-size'],
    framesWhenFull: process['frames-when-full'],
    graphite: graphiteConfigOf(settings),
    localStore: localStoreConfigOf(settings),
  };
}

function graphiteConfigOf(settings: Settings): GraphiteConfig {
  const { graphite, process } = settings;
  return {
    address: { host: graphite.server, port: graphite.port },
    failover: (graphite.failover ?? []).map(addressOf),
    failoverRetryMs: graphite['failover-retry'] * 1000,
    names: {
      namespace: graphite.namespace,
      prefixHostname: graphite['prefix-hostname'],
      fqdn: graphite.fqdn,
    },
    finish: finishConfigOf(settings),
    processLabel: process['process-label'],
    groups: groupPathsOf(settings),
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

/** Of `host:port`, an IPv6 address in []. */
function addressOf(text: string): GraphiteAddress {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

function finishConfigOf({ process, derived }: Settings): FinishConfig {
  const { semantics, 'calculate-percentages': percentages } = process;
  return {
    semantics,
    lists: {
      frontend: process['frontend-metrics'],
      backend: process['backend-metrics'],
      server: process['server-metrics'],
      listener: process['listener-metrics'],
    },
    modules: process['module-metrics'],
    processes: process['per-process-metrics'],
    derived: compileDerived(derived, { semantics, percentages }).derived,
    excludeFrontends: process['exclude-frontends'],
    excludeBackends: process['exclude-backends'],
  };
}

function groupPathsOf({ graphite, groups }: Settings): GroupPaths | undefined {
  const { 'group-namespace': namespace, 'group-namespace-double-writes': doubleWrites = false } = graphite;
  return namespace === undefined ? undefined : { namespace, doubleWrites, groups };
}

function localStoreConfigOf({ 'local-store': store }: Settings): LocalStoreConfig | undefined {
  if (store.dir === undefined) return undefined;
  return { directory: store.dir, retentionMs: store.retention * 1000, maxBytes: store['max-size'] };
}
