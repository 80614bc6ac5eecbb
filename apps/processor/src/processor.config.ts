import type { Semantics } from '@haproxystats/haproxy';
import type { KafkaSettings, TopicName, WhenFull } from '@haproxystats/messaging';
import type { GraphiteConfig, LocalStoreConfig } from '@haproxystats/sinks';
import type { RedisSettings } from './coordinator/redis.coordinator';

/** THE ROLES: what an instance can do, which topic it reads for that, as a consumer group of its own. */
export const roles = {
  node: { reads: 'raw', does: 'merges the processes of a node into frames' },
  graphite: { reads: 'framesNode', does: 'sends frames to Graphite' },
  'local-store': { reads: 'framesNode', does: 'keeps frames as files' },
} as const satisfies Record<string, { reads: TopicName; does: string }>;

export type Role = keyof typeof roles;

export interface ProcessorConfig {
  readonly roles: readonly Role[];
  /** How the processes of a node become one number. */
  readonly semantics: Semantics;
  /** Whether servers of one name are also added up over all backends. */
  readonly aggregateServers: boolean;
  /** A file with the names of backends whose servers are not added up. */
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
  /** Frames that may wait for a sink in `framesDirectory`. */
  readonly maxFrames: number;
  /** Whether the node role waits then, or the oldest frame is dropped. */
  readonly framesWhenFull: WhenFull;
  readonly graphite: GraphiteConfig;
  /** undefined: nothing is kept. */
  readonly localStore: LocalStoreConfig | undefined;
}
