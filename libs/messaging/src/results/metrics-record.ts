import type { TableKind } from '@haproxystats/metrics';

/*
 * What everybody may read: the records of the topics metrics.node.v1, metrics.cluster.v1 and events.v1. Names are as they stand in the
 * records, in Avro as in JSON, so a reader in any language finds the same.
 */

/** How much of the node or cluster the numbers stand for. */
export interface RecordCoverage {
  /** Processes whose numbers are in. */
  readonly covered: number;
  readonly expected: number;
  /** 1 for a node. */
  readonly nodes_seen: number;
  readonly nodes_expected: number;
  /** Nothing is missing: covered = expected, nodes_seen = nodes_expected. */
  readonly complete: boolean;
  /** Something of the slot was sent before, as far as is known, and this is more; or it was put back. */
  readonly late: boolean;
}

/** The numbers of one server (or listener) of a proxy. */
export interface NestedMetrics {
  readonly name: string;
  /** By the names that docs/METRICS.md has. */
  readonly metrics: ReadonlyMap<string, number>;
}

/** One proxy (or the daemon, a process, a server across backends, a group) of a node or cluster at one slot. Key: cluster/node/kind/proxy. */
export interface MetricsRecord {
  readonly scope: 'node' | 'cluster';
  readonly cluster: string;
  /** '' for a cluster. */
  readonly node: string;
  /** The kind of its table; servers and listeners stand in the record of their proxy. */
  readonly kind: Exclude<TableKind, 'server' | 'listener'>;
  /** '' for the daemon. */
  readonly proxy: string;
  /** Start of the slot, ms since the epoch. */
  readonly slot: number;
  readonly interval_ms: number;
  readonly coverage: RecordCoverage;
  /** A record with many servers is cut: this is part `part` (from 0) of `parts`, each with a share of the servers; `metrics` are in the first. */
  readonly part: number;
  readonly parts: number;
  readonly metrics: ReadonlyMap<string, number>;
  readonly servers: readonly NestedMetrics[];
  readonly listeners: readonly NestedMetrics[];
}
