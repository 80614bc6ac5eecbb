/// <reference types="node" />

/*
 * What the package `haproxystats` exports, for programs that read the results: docs/CONSUMERS.md. Written by hand, so that it needs none of
 * the types within; a test holds it against them (src/results/consumers.spec.ts).
 */

/** How much of the node or cluster the numbers stand for. */
export interface RecordCoverage {
  /** Processes whose numbers are in. */
  readonly covered: number;
  readonly expected: number;
  /** 1 for a node. */
  readonly nodes_seen: number;
  readonly nodes_expected: number;
  /** Nothing is missing. */
  readonly complete: boolean;
  /** Something of the slot was sent before, as far as is known, and this is more; or it was put back. */
  readonly late: boolean;
}

/** The numbers of one server, or listener, of a proxy. */
export interface NestedMetrics {
  readonly name: string;
  /** By the names that docs/METRICS.md has. */
  readonly metrics: ReadonlyMap<string, number>;
}

/** A record of the topics metrics.node.v1 and metrics.cluster.v1. */
export interface ReadMetrics {
  /** `node` or `cluster`. */
  readonly scope: string;
  readonly cluster: string;
  /** '' for a cluster. */
  readonly node: string;
  /** `daemon`, `frontend`, `backend` and so on: a newer writer may know others. */
  readonly kind: string;
  /** '' for the daemon. */
  readonly proxy: string;
  /** Start of the slot, ms since the epoch. */
  readonly slot: number;
  readonly interval_ms: number;
  readonly coverage: RecordCoverage;
  /** This is part `part` (from 0) of `parts`. */
  readonly part: number;
  readonly parts: number;
  readonly metrics: ReadonlyMap<string, number>;
  readonly servers: readonly NestedMetrics[];
  readonly listeners: readonly NestedMetrics[];
}

/** A record of the topic events.v1. */
export interface ReadEvent {
  /** The same for each repetition. */
  readonly id: string;
  /** `server_state` and so on: a newer writer may know others. */
  readonly type: string;
  readonly cluster: string;
  readonly node: string;
  readonly entity: string;
  /** The first slot at which it was so, ms since the epoch. */
  readonly slot: number;
  /** The state before and after; '' where there is none. */
  readonly from: string;
  readonly to: string;
  /** How long the state before had lasted; undefined: since before anybody looked. */
  readonly duration_ms?: number | undefined;
  readonly detail: string;
}

/** How to reach a schema registry. */
export interface RegistrySettings {
  /** Of its Confluent API, without a login in it. */
  readonly url: string;
  /** For a request as a whole; 3000 unless told otherwise. */
  readonly timeoutMs?: number;
  /** HTTP basic authentication. */
  readonly login?: { readonly username: string; readonly password: string };
  /** A PEM file with the CA that has signed the certificate of an `https://` one; absent: whom Node.js trusts. */
  readonly caFile?: string;
}

/** Reads the values of the result topics, Avro or JSON, by any version of their schemas. A schema is fetched once. */
export class RecordDecoder {
  /** Without a registry it reads JSON only. */
  constructor(registry?: RegistrySettings);
  /** Rejects with RecordFormatError for what is no such record, with RegistryFault where its schema cannot be had now. */
  decodeMetrics(value: Buffer): Promise<ReadMetrics>;
  /** As `decodeMetrics`. */
  decodeEvent(value: Buffer): Promise<ReadEvent>;
}

export interface LatestPerKeyOptions {
  /** Beyond it the key that was renewed longest ago goes. 200,000 unless told otherwise. */
  readonly maxKeys?: number;
  /** How many intervals of its own a key stays without a newer slot, see `expire`. 5 unless told otherwise. */
  readonly expiresAfterIntervals?: number;
}

/** Of each key the record that counts: of the newest slot the one that covers most, put together where it came in parts. */
export class LatestPerKey {
  constructor(options?: LatestPerKeyOptions);
  /** Keys that went for want of room, since the start. */
  evicted: number;
  get size(): number;
  /** Answers the whole record if it counts now, and undefined if it does not, or is not whole yet. */
  take(record: ReadMetrics): ReadMetrics | undefined;
  /** By `metricsKey`. */
  get(key: string): ReadMetrics | undefined;
  values(): Generator<ReadMetrics>;
  /** Drops the keys whose newest slot is longer ago, or further ahead, than they may stay. Answers how many. */
  expire(nowMs: number): number;
}

/** The key of a record of metrics: `cluster/node/kind/proxy`. */
export function metricsKey(record: Pick<ReadMetrics, 'cluster' | 'node' | 'kind' | 'proxy'>): string;

/** The key of a record of events: `cluster/node/entity`. */
export function eventKey(event: Pick<ReadEvent, 'cluster' | 'node' | 'entity'>): string;

/** A record that does not keep to its contract: reading it again cannot help. */
export class RecordFormatError extends Error {
  override readonly name: 'RecordFormatError';
}

/** The schema registry did not give what was asked of it: it may be tried again. */
export class RegistryFault extends Error {
  override readonly name: 'RegistryFault';
}
