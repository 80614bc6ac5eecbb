import type { Tags } from '@haproxystats/haproxy';
import type { ServerAggregation } from './aggregated-servers';
import type { NodeHistory } from './counters/node-history';
import type { Asked } from './counters/process-life';
import type { ProcessLife, Table, Timings } from './frame';

/** What one process said: its `show info`, and its `show stat` in one or more pieces, each with the header. */
export interface ProcessText {
  readonly process: string;
  readonly info?: Buffer | undefined;
  readonly stats: readonly Buffer[];
  /** What its HAProxy's typed output says of columns that the catalogue does not know. */
  readonly tags?: Tags | undefined;
  /** When it was asked; absent: its counters are compared with nothing. */
  readonly asked?: Omit<Asked, 'process'> | undefined;
}

/** A half of what a process said that cannot be used; the other half counts. */
export interface UnusableHalf {
  readonly process: string;
  readonly half: 'info' | 'stat';
  readonly error: Error;
}

export interface MergeOptions {
  /** How many processes the node has, also those that gave no answer. */
  readonly expected: number;
  /** With a table of servers of one name in all backends. */
  readonly aggregatedServers?: ServerAggregation | undefined;
  /** What the processes of this node had counted before: read, and added to. Absent: no rates. */
  readonly history?: NodeHistory | undefined;
}

/** A `show stat` whose good rows count, but which is not all that its process has to say. */
export interface IncompleteStat {
  readonly process: string;
  readonly error: Error;
}

export interface MergedProcesses {
  /** One per kind that has rows. */
  readonly tables: readonly Table[];
  /** Of the processes that were asked at a known time and said who they are. */
  readonly lives: readonly ProcessLife[];
  readonly timings: Timings;
  readonly unusable: readonly UnusableHalf[];
  readonly incomplete: readonly IncompleteStat[];
  /** Rows left out: of no known type, without a name, with more fields than the header, or more than there is room for. */
  readonly badRows: number;
  /** Numbers that are too large to be exact, beyond 2^53: as they are printed, and as they are added up. */
  readonly inexact: number;
  /** Names of columns and lines left out because nobody knows how to combine them, something else is sent under their name, or there were too many. */
  readonly droppedColumns: readonly string[];
  /** Texts left out because they are too long, or too many. */
  readonly droppedTexts: number;
}
