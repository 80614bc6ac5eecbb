import {
  isBefore,
  releaseOf,
  StatFormatError,
  StatScanner,
  type Info,
  type Release,
  type Semantics,
  type StatLayout,
  type Tags,
} from '@haproxystats/haproxy';
import { aggregatedServers, type ServerAggregation } from './aggregated-servers';
import { columnUse, fieldRules, rowKinds } from './field-rules';
import type { Table, Timings } from './frame';
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
  /** With a table of servers of one name in all backends. */
  readonly aggregatedServers?: ServerAggregation | undefined;
}

export interface MergedProcesses {
  /** One per kind that has rows. */
  readonly tables: readonly Table[];
  readonly timings: Timings;
  readonly unusable: readonly UnusableHalf[];
  /** Rows left out: of no known type, without a name, with more fields than the header, or more than there is room for. */
  readonly badRows: number;
  /** Numbers that are too large to be exact: beyond 2^53. */
  readonly inexact: number;
  /** Columns and lines left out because nobody knows how to combine them. */
  readonly droppedColumns: number;
  /** Texts left out because they are too long, or too many. */
  readonly droppedTexts: number;
}

/** The first release that divides its means of times by the number of samples. */
const countsSamples: Release = [2, 2];

/** Merges the processes of a node: entities of one kind and name become one row. Keeps its arrays for the next node. */
export class ProcessMerger {
  readonly semantics: Semantics;
  readonly #scanner: StatScanner;
  readonly #info: InfoMerger;
  readonly #rows: readonly TableMerger[];
  readonly #watch: Stopwatch;
  #unusable: UnusableHalf[] = [];
  #badRows = 0;
  #inexact = 0;
  readonly #dropped = new Set<string>();

  /** `now`: a monotonic clock, in ms. */
  constructor({ semantics, now }: { readonly semantics: Semantics; readonly now: () => number }) {
    this.semantics = semantics;
    this.#scanner = new StatScanner((name) => columnUse(name, semantics));
    this.#info = new InfoMerger(semantics);
    this.#rows = rowKinds
      .filter((kind) => fieldRules(kind, semantics).length > 0)
      .map((kind) => new TableMerger(kind, semantics));
    this.#watch = new Stopwatch(now);
  }

  /** Never throws for what a process said: what cannot be used is named in `unusable`. */
  merge(processes: readonly ProcessText[], options: MergeOptions = {}): MergedProcesses {
    this.#begin();
    const alone = processes.length === 1;
    for (const process of processes) this.#add(process, alone);
    const droppedTexts = this.#rows.reduce((sum, table) => sum + table.droppedTexts, 0);
    const lost = this.#rows.reduce((sum, table) => sum + table.lost, 0);
    return {
      tables: this.#take(options),
      timings: this.#watch.timings,
      unusable: this.#unusable,
      badRows: this.#badRows + lost,
      inexact: this.#inexact,
      droppedColumns: this.#dropped.size,
      droppedTexts,
    };
  }

  #begin(): void {
    this.#watch.restart();
    this.#unusable = [];
    this.#badRows = 0;
    this.#inexact = 0;
    this.#dropped.clear();
  }

  #add(text: ProcessText, alone: boolean): void {
    const info = this.#usable(text, 'info', () => this.#addInfo(text, alone));
    const release = releaseOf(info?.texts.get('Version') ?? '');
    const undercounts = release !== undefined && isBefore(release, countsSamples);
    this.#watch.lap('info');
    this.#usable(text, 'stat', () => this.#addStats(text.stats, { tags: text.tags, alone, undercounts }));
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
  #addStats(stats: readonly Buffer[], source: RowSource): void {
    if (stats.length === 0) throw new StatFormatError(`no 'show stat' of the process`);
    const layouts = stats.map((stat) => this.#scanner.layoutOf(stat));
    for (const table of this.#rows) table.restart();
    stats.forEach((stat, i) => this.#addRows(stat, layouts[i]!, source));
  }

  #addRows(stat: Buffer, layout: StatLayout, source: RowSource): void {
    const scanner = this.#scanner;
    const dropped = this.#rows.map((table) => table.begin(layout, source));
    for (const name of dropped[0] ?? [])
      if (dropped.every((names) => names.includes(name))) this.#dropped.add(name);
    scanner.begin(stat, layout);
    while (scanner.next()) {
      this.#watch.lap('parse');
      const { rows } = scanner;
      for (const table of this.#rows) {
        table.add(rows);
        this.#watch.lap(table.kind);
      }
    }
    this.#badRows += scanner.badRows;
    this.#inexact += scanner.inexact;
  }

  #take({ aggregatedServers: aggregation }: MergeOptions): Table[] {
    const tables = this.#rows.map((merger) => {
      const table = merger.take();
      this.#watch.lap(merger.kind);
      return table;
    });
    const servers = tables.find(({ kind }) => kind === 'server');
    const aggregated = aggregation && servers ? [aggregatedServers(servers, aggregation)] : [];
    this.#watch.lap('server');
    const complete = tables.map((table) => (servers ? withTotalServers(table, servers) : table));
    return [...this.#info.take(), ...complete, ...aggregated].filter(({ proxies }) => proxies.length > 0);
  }
}
