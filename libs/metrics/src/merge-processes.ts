import {
  isBefore,
  releaseOf,
  rowKinds,
  StatFormatError,
  StatScanner,
  type Info,
  type Release,
  type RowKind,
  type Semantics,
  type StatLayout,
  type Tags,
} from '@haproxystats/haproxy';
import { aggregatedServers, type ServerAggregation } from './aggregated-servers';
import { columnUse, fieldRules } from './field-rules';
import type { Table, Timings } from './frame';
import { hashKeys } from './hash-keys';
import { incompleteness } from './incompleteness';
import { InfoFormatError, InfoMerger, readInfo } from './merge-info';
import { TableMerger, type RowSource } from './table-merger';
import { Stopwatch } from './stopwatch';
import { withTotalServers } from './total-servers';

/** What one process said: its `show info`, and its `show stat` in one or more pieces, each with the header. */
export interface ProcessText {
  readonly process: string;
  readonly info?: Buffer | undefined;
  readonly stats: readonly Buffer[];
  /** What its HAProxy's typed output says of columns that the catalogue does not know. */
  readonly tags?: Tags | undefined;
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
}

/** A `show stat` whose good rows count, but which is not all that its process has to say. */
export interface IncompleteStat {
  readonly process: string;
  readonly error: Error;
}

export interface MergedProcesses {
  /** One per kind that has rows. */
  readonly tables: readonly Table[];
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

export interface ProcessMergerOptions {
  readonly semantics: Semantics;
  /** A monotonic clock, in ms. */
  readonly now: () => number;
  /** A number that nobody can guess, so that nobody can choose names that are slow to find; what is merged does not depend on it. */
  readonly seed?: number;
}

/** The first release that divides its means of times by the number of samples. */
const countsSamples: Release = [2, 2];

/** Merges the processes of a node: entities of one kind and name become one row. Keeps its arrays for the next node. */
export class ProcessMerger {
  readonly semantics: Semantics;
  readonly #keys: Int32Array;
  readonly #scanner: StatScanner;
  readonly #info: InfoMerger;
  #rows: readonly TableMerger[];
  readonly #watch: Stopwatch;
  #unusable: UnusableHalf[] = [];
  #incomplete: IncompleteStat[] = [];
  #badRows = 0;
  #inexact = 0;
  readonly #dropped = new Set<string>();

  constructor({ semantics, now, seed = 0 }: ProcessMergerOptions) {
    this.#keys = hashKeys(seed);
    this.semantics = semantics;
    this.#scanner = new StatScanner((name) => columnUse(name, semantics));
    this.#info = new InfoMerger(semantics);
    this.#rows = rowKinds
      .filter((kind) => fieldRules(kind, semantics).length > 0)
      .map((kind) => this.#newTable(kind));
    this.#watch = new Stopwatch(now);
  }

  /** Takes the processes one by one. Never throws for what one of them said: what cannot be used is named in `unusable`. */
  merge(processes: Iterable<ProcessText>, options: MergeOptions): MergedProcesses {
    this.#begin();
    this.#addAll(processes, options.expected === 1);
    const droppedTexts = this.#rows.reduce((sum, table) => sum + table.droppedTexts, 0);
    const badRows = this.#allBadRows();
    const tables = this.#take(options.aggregatedServers);
    const sums = [this.#info, ...this.#rows].reduce((sum, { inexact }) => sum + inexact, 0);
    return {
      tables,
      timings: this.#watch.timings,
      unusable: this.#unusable,
      incomplete: this.#incomplete,
      badRows,
      inexact: this.#inexact + sums,
      droppedColumns: [...this.#dropped],
      droppedTexts,
    };
  }

  #newTable(kind: RowKind): TableMerger {
    return new TableMerger(kind, this.semantics, this.#keys);
  }

  #begin(): void {
    this.#watch.restart();
    this.#rows = this.#rows.map((table) => (table.isOversized ? this.#newTable(table.kind) : table));
    this.#unusable = [];
    this.#incomplete = [];
    this.#badRows = 0;
    this.#inexact = 0;
    this.#dropped.clear();
  }

  #addAll(processes: Iterable<ProcessText>, alone: boolean): void {
    try {
      for (const process of processes) this.#add(process, alone);
    } catch (error) {
      // A fault of ours: the next node must not get these rows.
      this.#take();
      throw error;
    }
  }

  #add(text: ProcessText, alone: boolean): void {
    const info = this.#usable(text, 'info', () => this.#addInfo(text, alone));
    const release = releaseOf(info?.texts.get('Version') ?? '');
    const undercounts = release !== undefined && isBefore(release, countsSamples);
    this.#watch.lap('info');
    this.#usable(text, 'stat', () => this.#addStats(text, { tags: text.tags, alone, undercounts }));
  }

  #usable<T>({ process }: ProcessText, half: UnusableHalf['half'], add: () => T): T | undefined {
    try {
      return add();
    } catch (error) {
      if (!(error instanceof StatFormatError || error instanceof InfoFormatError)) throw error;
      this.#unusable.push({ process, half, error });
      return undefined;
    }
  }

  #addInfo({ process, info: text, tags }: ProcessText, alone: boolean): Info {
    if (!text) throw new InfoFormatError(`no 'show info' of the process`);
    const info = readInfo(text);
    for (const name of this.#info.add(info, { process, tags, alone })) this.#dropped.add(name);
    return info;
  }

  /** All of it or, when one of the pieces has no header, nothing. */
  #addStats({ process, stats }: ProcessText, source: RowSource): void {
    if (stats.length === 0) throw new StatFormatError(`no 'show stat' of the process`);
    const layouts = stats.map((stat) => this.#scanner.layoutOf(stat));
    for (const table of this.#rows) table.restart();
    const before = this.#allBadRows();
    let rows = 0;
    let isGivenUp = false;
    for (const [i, stat] of stats.entries()) {
      rows += this.#addRows(stat, layouts[i]!, source);
      isGivenUp ||= this.#scanner.isGivenUp;
    }
    const fault = incompleteness(stats, { rows, badRows: this.#allBadRows() - before, isGivenUp });
    if (fault !== undefined) this.#incomplete.push({ process, error: new StatFormatError(fault) });
  }

  #allBadRows(): number {
    return this.#rows.reduce((sum, table) => sum + table.lost, this.#badRows);
  }

  /** Answers how many rows there are. */
  #addRows(stat: Buffer, layout: StatLayout, source: RowSource): number {
    const scanner = this.#scanner;
    let count = 0;
    const plans = this.#rows.map((table) => table.begin(layout, source));
    const everywhere = plans
      .map(({ dropped }) => dropped)
      .reduce((some, names) => some.filter((name) => names.includes(name)));
    for (const name of [...everywhere, ...plans.flatMap(({ taken }) => taken)]) this.#dropped.add(name);
    scanner.begin(stat, layout);
    while (scanner.next()) {
      this.#watch.lap('parse');
      const { rows } = scanner;
      count += rows.count;
      for (const table of this.#rows) {
        table.add(rows);
        this.#watch.lap(table.kind);
      }
    }
    this.#badRows += scanner.badRows;
    this.#inexact += scanner.inexact;
    return count;
  }

  #take(aggregation?: ServerAggregation): Table[] {
    const tables = this.#rows.map((merger) => {
      const table = merger.take();
      this.#watch.lap(merger.kind);
      return table;
    });
    const servers = tables.find(({ kind }) => kind === 'server');
    const aggregated = aggregation && servers ? [aggregatedServers(servers, aggregation)] : [];
    this.#watch.lap('server');
    const complete = tables.map((table) =>
      servers ? withTotalServers(table, servers, this.semantics) : table,
    );
    return [...this.#info.take(), ...complete, ...aggregated].filter(({ proxies }) => proxies.length > 0);
  }
}
