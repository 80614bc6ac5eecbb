import type { Semantics } from '@haproxystats/haproxy';
import type {
  KafkaSettings,
  RegistrySettings,
  ResultFormat,
  TopicName,
  WhenFull,
} from '@haproxystats/messaging';
import type { Sums } from '@haproxystats/runtime';
import type { FinishConfig, GraphiteConfig, LocalStoreConfig } from '@haproxystats/sinks';
import type { RedisSettings } from './coordinator/redis.coordinator';
import type { EventsRolePorts } from './events/events-role';

export interface RoleFacts {
  /** Each as a consumer group of its own. */
  readonly reads: readonly TopicName[];
  readonly writes?: TopicName;
  readonly does: string;
}

/** THE ROLES: what an instance can do, which topics it reads for that, and which it writes. */
export const roles = {
  node: { reads: ['raw'], writes: 'framesNode', does: 'merges the processes of a node into frames' },
  cluster: {
    reads: ['framesNode'],
    writes: 'framesCluster',
    does: 'merges the frames of the nodes of a cluster into one',
  },
  graphite: { reads: ['framesNode', 'framesCluster'], does: 'sends frames to Graphite' },
  'local-store': { reads: ['framesNode'], does: 'keeps frames as files' },
  kafka: {
    reads: ['framesNode', 'framesCluster'],
    does: 'writes frames as records that everybody may read',
  },
  events: { reads: ['framesNode'], does: 'tells what happens to nodes, processes, proxies and servers' },
} as const satisfies Record<string, RoleFacts>;

export type Role = keyof typeof roles;

export interface ProcessorConfig {
  readonly roles: readonly Role[];
  /** How the processes of a node become one number. */
  readonly semantics: Semantics;
  /** The counters of which rates are sent. */
  readonly rateFields: readonly string[];
  /** The gauges of which peaks are sent. */
  readonly peakFields: readonly string[];
  /** Whether servers of one name are also added up over all backends. */
  readonly aggregateServers: boolean;
  /** Groups that are added up. */
  readonly sums: Sums;
  /** Files with the names of proxies that are not added up, with their servers. */
  readonly excludeFrontends: string | undefined;
  readonly excludeBackends: string | undefined;
  /** Before every topic's name. */
  readonly topicPrefix: string;
  /** Before every role's name: the consumer group. */
  readonly groupPrefix: string;
  /** undefined: the logs are directories. */
  readonly kafka: KafkaSettings | undefined;
  /** undefined: the ledger is in memory. */
  readonly redis: Omit<RedisSettings, 'group'> | undefined;
  readonly rawDirectory: string;
  readonly framesDirectory: string;
  readonly clusterFramesDirectory: string;
  /** Frames that may wait for a reader in each of the two. */
  readonly maxFrames: number;
  /** Whether the node role waits then, or the oldest frame is dropped. */
  readonly framesWhenFull: WhenFull;
  /** `CLUSTER/NODE` of nodes that are expected always, and not only while they are heard of. */
  readonly inventory: readonly string[];
  /** Into how many the frames of a cluster are cut by proxy. */
  readonly shards: number;
  readonly graphite: GraphiteConfig;
  /** undefined: nothing is kept. */
  readonly localStore: LocalStoreConfig | undefined;
  readonly results: ResultsConfig;
  readonly events: Pick<EventsRolePorts, 'debounce' | 'absentMs'>;
}

/** What everybody may read on Kafka. */
export interface ResultsConfig {
  readonly format: ResultFormat;
  /** Needed for `avro`. */
  readonly registry: RegistrySettings | undefined;
  readonly finish: FinishConfig;
}
