import type { EntityKind, FailureReason, Part, Rule, Semantics } from '@haproxystats/haproxy';

/**
 * The tables of a frame: what each is about, and whose fields its columns are. `process` has a row for each process' `show info`,
 * `daemon` all of them in one; `aggregated-server` has servers of one name in all backends as one row, the tables of groups a row, named
 * by its proxy, for all members of a group of the user's.
 */
export const entityOf = {
  daemon: 'daemon',
  process: 'daemon',
  frontend: 'frontend',
  backend: 'backend',
  server: 'server',
  'aggregated-server': 'server',
  listener: 'listener',
  'frontend-group': 'frontend',
  'backend-group': 'backend',
  'server-group': 'server',
} as const satisfies Record<string, EntityKind>;

export type TableKind = keyof typeof entityOf;

/** Tables whose rows stand for one member each, in which the sum, the largest and the mean of members are the same. */
export const singleRows: ReadonlySet<TableKind> = new Set<TableKind>(['process']);

/** One number per row of the table, where the row's bit in `present` (bit `row & 7` of byte `row >> 3`) is set; 0 elsewhere. */
export interface Column {
  /** HAProxy's field name, or that of a computed field. */
  readonly field: string;
  /** By which its parts were combined; says what they are finished into. */
  readonly rule: Rule;
  readonly part: Part;
  /** The catalogue does not know the field, and a module of HAProxy prints it: behind the column named `-`. */
  readonly module?: true | undefined;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/** The code of a row whose members differ in a text that all should agree on. */
export const differ = 0xffff;

/** One text per row: `words[codes[row] - 1]`; none where the code is 0, or `differ`, for which there is no word. */
export interface TextColumn {
  readonly field: string;
  readonly words: readonly string[];
  readonly codes: Uint16Array;
}

/**
 * All entities of one kind. A row is named by its proxy (for `process` by the process), and by its server or listener where the kind
 * has one (else '').
 */
export interface Table {
  readonly kind: TableKind;
  readonly proxies: readonly string[];
  readonly servers: readonly string[];
  readonly columns: readonly Column[];
  readonly texts: readonly TextColumn[];
}

/** Whether the rows of a table are named by a server or listener too. */
export function hasServer(kind: TableKind): boolean {
  return kind === 'server' || kind === 'listener' || kind === 'aggregated-server';
}

/** How much of a node the numbers stand for, in processes. */
export interface Coverage {
  readonly covered: number;
  readonly expected: number;
}

export interface MissingProcess {
  readonly process: string;
  /** A failure at the source, `lost` when it never reached the log, or `unreadable` when it did but makes no sense, or not all of it. */
  readonly reason: FailureReason | 'lost' | 'unreadable';
}

/** How long the work on a snapshot took, ms: reading `show info` and `show stat`, and merging each kind of rows. */
export interface Timings {
  readonly info: number;
  readonly parse: number;
  readonly frontend: number;
  readonly backend: number;
  readonly server: number;
}

/** One life of a process: another pid, or an uptime that fell, is another one. */
export interface ProcessLife {
  readonly process: string;
  readonly pid: number;
  /** ms since the epoch by the clock of the puller, within a second of the truth: HAProxy tells its uptime in seconds. */
  readonly startedAt: number;
  /** HAProxy's version, as it prints it; '' where it does not. */
  readonly version: string;
  /** It takes no new connections: an old worker after a reload. */
  readonly isStopping?: true | undefined;
}

/** How much of a cluster the numbers stand for, in nodes. */
export interface NodesCoverage {
  /** Of which there is at least one process in the numbers. */
  readonly seen: number;
  /** Seen lately, or named in the inventory. */
  readonly expected: number;
  /** Expected and not seen; in a record only the first of very many. */
  readonly missing: readonly string[];
  /** Their numbers are not in, because they would make the sums wrong; with why. */
  readonly keptOut: readonly { readonly node: string; readonly reason: KeptOutReason }[];
}

/** Why a node's numbers are not in those of its cluster: its clock is off, or it is polled at another interval than most. */
export type KeptOutReason = 'clock' | 'interval';

/** Which share of the rows of its node or cluster a frame has. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

export interface FrameHead {
  readonly scope: 'node' | 'cluster';
  readonly cluster: string;
  /** Empty for a cluster's frame. */
  readonly node: string;
  /** Start of the slot, ms since the epoch. */
  readonly slot: number;
  readonly intervalMs: number;
  /** Absent where it has all rows. */
  readonly shard?: Shard | undefined;
  readonly coverage: Coverage;
  /** Of a node's frame; of a cluster's the processes of the nodes that are there, by `NODE PROCESS`. */
  readonly missing: readonly MissingProcess[];
  /** Of a node's frame: the processes in it that said who they are. Absent in frames of older programs. */
  readonly processes?: readonly ProcessLife[] | undefined;
  /** Of a cluster's frame. */
  readonly nodes?: NodesCoverage | undefined;
  /**
   * Something of its slot was sent before, and this is more; or an operator has put it back. What is sent first is not late, however long it
   * was waited for, nor what nobody remembers to have sent.
   */
  readonly late?: true | undefined;
  readonly semantics: Semantics;
  readonly timings: Timings;
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
