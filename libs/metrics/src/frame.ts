import type { EntityKind, FailureReason } from '@haproxystats/haproxy';

/** Which half of a combined field a column holds. A mean is kept as `sum` over `weight`, so that it can be combined again. */
export type Part = 'sum' | 'count' | 'weight' | 'max';

/** One number per row of the table, where the row's bit in `present` (bit `row & 7` of byte `row >> 3`) is set; 0 elsewhere. */
export interface Column {
  /** HAProxy's field name. */
  readonly field: string;
  readonly part: Part;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/** All entities of one kind. A row is named by its proxy, and by its server where the kind has one (else ''). */
export interface Table {
  readonly kind: EntityKind;
  readonly proxies: readonly string[];
  readonly servers: readonly string[];
  readonly columns: readonly Column[];
}

/** How much of a node the numbers stand for, in processes. */
export interface Coverage {
  readonly covered: number;
  readonly expected: number;
}

export interface MissingProcess {
  readonly process: string;
  /** A failure at the source, `lost` when it never reached the log, or `unreadable` when it did but makes no sense. */
  readonly reason: FailureReason | 'lost' | 'unreadable';
}

export interface FrameHead {
  readonly scope: 'node' | 'cluster';
  readonly cluster: string;
  /** Empty for a cluster's frame. */
  readonly node: string;
  /** Start of the slot, ms since the epoch. */
  readonly slot: number;
  readonly intervalMs: number;
  readonly coverage: Coverage;
  readonly missing: readonly MissingProcess[];
}

/**
 * The merged statistics of one node (or cluster) and slot, in columns: the currency between parsing and delivering.
 * Sums and weights, never means: frames of several nodes can be merged again.
 */
export interface Frame {
  readonly head: FrameHead;
  readonly tables: readonly Table[];
}

export function isPresent(column: Pick<Column, 'present'>, row: number): boolean {
  return (column.present[row >> 3]! & (1 << (row & 7))) !== 0;
}

export function setPresent(present: Uint8Array, row: number): void {
  present[row >> 3]! |= 1 << (row & 7);
}

export function presenceBytes(rows: number): number {
  return (rows + 7) >> 3;
}

export function rowsOf(frame: Frame): number {
  return frame.tables.reduce((sum, table) => sum + table.proxies.length, 0);
}
