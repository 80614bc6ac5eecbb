import { kafkaSettingsOf, registrySettingsOf } from '@haproxystats/messaging';
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
import { peakFieldsOf, rateFieldsOf } from './validate-process-rates';
import type { ProcessorConfig, ResultsConfig } from './processor.config';

/** What users have set, as the processor takes it: seconds become ms. */
export function processorConfigOf(settings: Settings): ProcessorConfig {
  const { process, kafka, redis } = settings;
  const access = redisAccessOf(settings);
  return {
    roles: process.roles,
    semantics: process.semantics,
    rateFields: rateFieldsOf(settings),
    peakFields: peakFieldsOf(settings),
    aggregateServers: process['aggr-server-metrics'],
    sums: settings.sums,
    excludeFrontends: process['exclude-frontends'],
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
    clusterFramesDirectory: process['cluster-frames-dir'],
    maxFrames: settings.pull['queue-size'],
    framesWhenFull: process['frames-when-full'],
    inventory: inventoryOf(settings),
    shards: settings.cluster.shards,
    graphite: graphiteConfigOf(settings),
    localStore: localStoreConfigOf(settings),
    results: resultsConfigOf(settings),
    events: { debounce: settings.events.debounce, absentMs: settings.events['absent-after'] * 1000 },
  };
}

/** A name without a cluster is of the cluster of this configuration. */
function inventoryOf({ cluster: { name, inventory = [] } }: Settings): string[] {
  return inventory.map((node) => (node.includes('/') ? node : `${name}/${node}`));
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
    finish: finishConfigOf(settings, settings.process),
    processLabel: process['process-label'],
    partial: graphite.partial,
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

/** `chosen`: the section whose lists count. What is computed at all, and which proxies are left out, [process] says for every sink. */
function finishConfigOf(settings: Settings, chosen: Settings['process' | 'results']): FinishConfig {
  const { process, derived } = settings;
  const { semantics, 'calculate-percentages': percentages } = process;
  return {
    semantics,
    lists: {
      frontend: chosen['frontend-metrics'],
      backend: chosen['backend-metrics'],
      server: chosen['server-metrics'],
      listener: chosen['listener-metrics'],
    },
    modules: chosen['module-metrics'],
    processes: chosen['per-process-metrics'],
    derived: compileDerived(derived, {
      semantics,
      percentages,
      rates: rateFieldsOf(settings),
      peaks: peakFieldsOf(settings),
    }).derived,
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

function resultsConfigOf(settings: Settings): ResultsConfig {
  const { results } = settings;
  const registry = registrySettingsOf(settings);
  return {
    format: results.format ?? (registry ? 'avro' : 'json'),
    registry,
    finish: finishConfigOf(settings, results),
  };
}
