import type { KafkaSettings, TopicName } from '@haproxystats/messaging';
import type { GraphiteConfig } from '@haproxystats/sinks';

/** THE ROLES: what an instance can do, which topic it reads for that, as a consumer group of its own. */
export const roles = {
  node: { reads: 'raw', does: 'merges the processes of a node into frames' },
  graphite: { reads: 'framesNode', does: 'sends frames to Graphite' },
} as const satisfies Record<string, { reads: TopicName; does: string }>;

export type Role = keyof typeof roles;

export interface ProcessorConfig {
  readonly roles: readonly Role[];
  /** Before every topic's name. */
  readonly topicPrefix: string;
  /** Before every role's name: the consumer group. */
  readonly groupPrefix: string;
  /** undefined: the logs are directories. */
  readonly kafka: KafkaSettings | undefined;
  /** undefined: the ledger is in memory. */
  readonly redis:
    { readonly url: string; readonly commandTimeoutMs: number; readonly keyPrefix: string } | undefined;
  readonly rawDirectory: string;
  readonly framesDirectory: string;
  /** Frames that may wait for a sink in `framesDirectory`. */
  readonly maxFrames: number;
  readonly graphite: GraphiteConfig;
}
