import {
  rowKinds,
  StatFormatError,
  StatScanner,
  type Info,
  type RowKind,
  type Semantics,
  type StatLayout,
} from '@haproxystats/haproxy';
import { aggregatedServers, type ServerAggregation } from './aggregated-servers';
import { columnUse, fieldRules } from './field-rules';
import type { ProcessLife, Table } from './frame';
import { Counting } from './counters/counting';
import type { NodeHistory } from './counters/node-history';
import { nothingTracked, type Tracked } from './counters/row-changes';
import { livesIn } from './counters/process-life';
import { hashKeys } from './hash-keys';
import { incompleteness } from './incompleteness';
import { InfoFormatError, InfoMerger, readInfo, type InfoSource } from './merge-info';
import { TableMerger, type RowSource } from './table-merger';
import { processFacts } from './process-facts';
import { semanticsFacts } from './semantics';
import type {
  MergedProcesses,
  MergeOptions,
  IncompleteStat,
  ProcessText,
  UnusableHalf,
} from './merged-processes';
import { Stopwatch } from './stopwatch';
import { withTotalServers } from './total-servers';

export interface ProcessMergerOptions {
  readonly semantics: Semantics;
  /** A monotonic clock, in ms. */
  readonly now: () => number;
  /** A number that nobody can guess, so that nobody can choose names that are slow to find; what is merged does not depend on it. */
  readonly seed?: number;
  /** The counters whose rates are wanted, by their names. */
  readonly rates?: readonly string[];
  /** The gauges whose peaks are wanted. */
  readonly peaks?: readonly string[];
}

/** Merges the processes of a node: entities of one kind and name become one row. Keeps its arrays for the next node. */
export class ProcessMerger {
  readonly semantics: Semantics;
  readonly #keys: Int32Array;
  readonly #tracked: Tracked;
  #history: NodeHistory | undefined;
  readonly #scanner: StatScanner;
  readonly #info: InfoMerger;
  #rows: readonly TableMerger[];
  readonly #watch: Stopwatch;
  #unusable: UnusableHalf[] = [];
  #incomplete: IncompleteStat[] = [];
  #lives: ProcessLife[] = [];
  #badRows = 0;
  #inexact = 0;
  readonly #dropped = new Set<string>();

  constructor({ semantics, now, seed = 0, rates = [], peaks = [] }: ProcessMergerOptions) {
    this.#keys = hashKeys(seed);
    const { countsRates } = semanticsFacts[semantics];
    this.#tracked = countsRates ? { rates: new Set(rates), peaks: new Set(peaks) } : nothingTracked;
    this.semantics = semantics;
    this.#scanner = new StatScanner((name) => columnUse(name, semantics));
    this.#info = new InfoMerger(semantics, this.#tracked);
    this.#rows = rowKinds
      .filter((kind) => fieldRules(kind, semantics).length > 0)
      .map((kind) => this.#newTable(kind));
    this.#watch = new Stopwatch(now);
  }

  /** Takes the processes one by one. Never throws for what one of them said: what cannot be used is named in `unusable`. */
  merge(processes: Iterable<ProcessText>, options: MergeOptions): MergedProcesses {
    this.#begin();
    this.#history = semanticsFacts[this.semantics].countsRates ? options.history : undefined;
    this.#addAll(processes, options.expected === 1);
    const droppedTexts = this.#rows.reduce((sum, table) => sum + table.droppedTexts, 0);
    const badRows = this.#allBadRows();
    const tables = this.#take(options.aggregatedServers);
    const sums = [this.#info, ...this.#rows].reduce((sum, { inexact }) => sum + inexact, 0);
    return {
      tables,
      lives: this.#lives,
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
    return new TableMerger(kind, this.semantics, { keys: this.#keys, tracked: this.#tracked });
  }

  #begin(): void {
    this.#watch.restart();
    this.#rows = this.#rows.map((table) => (table.isOversized ? this.#newTable(table.kind) : table));
    this.#unusable = [];
    this.#incomplete = [];
    this.#lives = [];
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
    const info = this.#usable(text, 'info', () => readUsableInfo(text));
    const counting = info && this.#countingOf(text, info);
    if (info) this.#addInfo(info, text, { alone, changes: counting?.infoChanges(this.#tracked) });
    const facts = processFacts(info);
    this.#watch.lap('info');
    for (const table of this.#rows) table.restart(counting);
    const isWhole = this.#usable(text, 'stat', () =>
      this.#addStats(text, { tags: text.tags, alone, ...facts }),
    );
    counting?.keep(this.#rows, this.#tracked, isWhole === true);
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

  #countingOf({ process, asked }: ProcessText, info: Info): Counting | undefined {
    if (!asked) return undefined;
    this.#lives.push(...livesIn(info, { ...asked, process }));
    return this.#history && Counting.of({ ...asked, process }, info, this.#history);
  }

  #addInfo(info: Info, { process, tags }: ProcessText, source: Pick<InfoSource, 'alone' | 'changes'>): void {
    for (const name of this.#info.add(info, { process, tags, ...source })) this.#dropped.add(name);
  }

  /** All of it or, when one of the pieces has no header, nothing. Answers whether that is all that the process has to say. */
  #addStats({ process, stats }: ProcessText, source: RowSource): boolean {
    if (stats.length === 0) throw new StatFormatError(`no 'show stat' of the process`);
    const layouts = stats.map((stat) => this.#scanner.layoutOf(stat));
    const before = this.#allBadRows();
    let rows = 0;
    let isGivenUp = false;
    for (const [i, stat] of stats.entries()) {
      rows += this.#addRows(stat, layouts[i]!, source);
      isGivenUp ||= this.#scanner.isGivenUp;
    }
    const badRows = this.#allBadRows() - before;
    const fault = incompleteness(stats, { rows, badRows, isGivenUp });
    if (fault !== undefined) this.#incomplete.push({ process, error: new StatFormatError(fault) });
    return fault === undefined && badRows === 0;
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

function readUsableInfo({ info }: ProcessText): Info {
  if (!info) throw new InfoFormatError(`no 'show info' of the process`);
  return readInfo(info);
}
