import type { WhenFull } from '@haproxystats/messaging';
import type { ServerAddress } from '@haproxystats/runtime';

/** All the puller needs to know. Made from the user's settings by the composition root. */
export interface PullerConfig {
  readonly cluster: string;
  readonly node: string;
  /** All UNIX socket files directly in it are polled; looked up at each poll. */
  readonly socketDir: string | undefined;
  readonly servers: readonly ServerAddress[];
  /** CLIs of master processes, whose workers are polled: old ones too. */
  readonly masters: readonly ServerAddress[];
  readonly intervalMs: number;
  /** For a whole poll; 0 or more than the interval means the interval. */
  readonly pollTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** Further attempts to connect; -1: until the poll times out. */
  readonly connectRetries: number;
  readonly connectIntervalMs: number;
  /** Largest reply of one process. */
  readonly maxReplyBytes: number;
  /** All replies of one poll together. */
  readonly maxPollBytes: number;
  /** So many polls may wait in the spool. */
  readonly queueSize: number;
  /** Whether polling is suspended then, or the oldest poll dropped. */
  readonly whenFull: WhenFull;
  /** Full name of the raw topic, in the spool and in Kafka. */
  readonly topic: string;
  /** File that keeps the id of this puller; its directory is made when absent. */
  readonly sourceFile: string;
  /** How many polls are forwarded in an interval at most, while a backlog drains. */
  readonly drainSlotsPerInterval: number;
  /** Stop after this many slots; undefined: never. */
  readonly maxPolls: number | undefined;
}
