import {
  batchRows,
  rowKinds,
  stride,
  type RowKind,
  type Rule,
  type Semantics,
  type StatLayout,
  type StatRows,
} from '@haproxystats/haproxy';
import { fieldRules, type FieldRule, type Origin } from './field-rules';
import { hasServer, type Table } from './frame';
import { StatusText } from './merge-status';
import { AgreedText, leaders, WorstTexts, type TextMerger } from './merge-texts';
import { MergePlanner, type MergePlan } from './merge-plan';
import { PartColumns } from './part-columns';
import { RowIndex } from './row-index';
import { blankPlace, weighBy, type Weigh } from './row-weights';
import { semanticsFacts } from './semantics';
import { runOf } from './steps';
import type { CountedRows } from './counters/counted-rows';
import type { ComparedProcess } from './counters/node-history';
import { nothingTracked, RowChanges, type Tracked } from './counters/row-changes';

/** A process whose rows are added. */
export interface RowSource extends Origin {
  /** Of a HAProxy whose means are too small while it is young: before 2.2. */
  readonly undercounts: boolean;
  /** An old worker: what it says of how things stand does not count. */
  readonly isStopping: boolean;
}

export interface TableMergerOptions {
  /** See `hashKeys`. */
  readonly keys: Int32Array;
  readonly tracked?: Tracked;
}

/** Room for so many rows is kept for ever. */
const smallRoom = 4_096;
/** Tables in a row that fill less than a quarter of the room before there is too much of it. */
const patience = 64;

/** Merges the rows of one kind, process by process, batch by batch. Its arrays are used again after `take`. */
export class TableMerger {
  readonly #code: number;
  readonly #index: RowIndex;
  readonly #parts = new PartColumns();
  readonly #texts: readonly TextMerger[];
  readonly #planner: MergePlanner;
  readonly #run = runOf(batchRows);
  #plan: MergePlan | undefined;
  #weigh: Weigh | undefined;
  #steps: MergePlan['steps'] = [];
  #hasTexts = true;
  #blank = 0;
  #sparse = 0;
  #lost = 0;
  readonly #changes: RowChanges;

  constructor(
    readonly kind: RowKind,
    semantics: Semantics,
    { keys, tracked = nothingTracked }: TableMergerOptions,
  ) {
    const { fold, absentIsBlank } = semanticsFacts[semantics];
    this.#code = rowKinds.indexOf(kind);
    this.#index = new RowIndex({ hasServer: hasServer(kind), fold, keys });
    this.#texts = textMergers(fieldRules(kind, semantics), { kind, parts: this.#parts, keys });
    for (const text of this.#texts) text.reserve(this.#parts.room);
    this.#planner = new MergePlanner({ kind, semantics, absentIsBlank, tables: [this.#parts] });
    this.#changes = new RowChanges(kind, tracked, this.#parts);
  }

  /** Rows since the last `take` for which there was no room. */
  get lost(): number {
    return this.#lost;
  }

  /** Sums in the table last taken that are beyond 2^53. */
  get inexact(): number {
    return this.#parts.inexact;
  }

  /** Texts since the last `take` for which there was no room. */
  get droppedTexts(): number {
    return this.#texts.reduce((sum, { dropped }) => sum + dropped, 0);
  }

  /** Whether there has long been much more room than is needed: a new one takes less memory. */
  get isOversized(): boolean {
    return this.#sparse >= patience;
  }

  /** Before the rows of another process; `compared`: as which life of it, where its counters are compared and kept. */
  restart(compared?: ComparedProcess): void {
    this.#index.restart();
    this.#changes.restart(compared);
  }

  /** What the rows since `restart` have counted, of a process whose counters are kept. */
  counted(): CountedRows | undefined {
    return this.#changes.take();
  }

  /** Before rows with this layout; answers which columns are left out. */
  begin(layout: StatLayout, source: RowSource): Pick<MergePlan, 'dropped' | 'taken'> {
    const plan = this.#planner.planOf({ names: layout.numbers, own: layout.own }, source);
    this.#plan = plan;
    this.#weigh = plan.weight && weighBy(plan.weight, layout, source.undercounts);
    this.#blank = blankPlace(layout);
    this.#hasTexts = !source.isStopping;
    this.#steps = source.isStopping ? plan.trafficSteps : plan.steps;
    for (const part of plan.given) this.#parts.give(part);
    return plan;
  }

  /** Adds the rows of this kind. */
  add(rows: StatRows): void {
    if (!this.#plan || this.#find(rows) === 0) return;
    const run = this.#run;
    run.values = rows.values;
    this.#weigh?.(run, rows);
    this.#reserve();
    this.#changes.add(run, rows, { names: this.#index, weighed: this.#weigh !== undefined });
    for (const { work, part, column } of this.#steps) {
      work(this.#parts.cells(part), column < 0 ? this.#blank : column * stride, run);
    }
    if (this.#hasTexts) for (const text of this.#texts) text.add(run, rows);
  }

  /** The table of all rows; nothing is left of them here. */
  take(): Table {
    const rows = this.#index.size;
    const { room } = this.#parts;
    const table = {
      kind: this.kind,
      ...this.#index.names(),
      columns: this.#parts.take(rows),
      texts: this.#texts.flatMap((text) => text.take(rows)),
    };
    this.#index.reset();
    this.#planner.tidy();
    this.#sparse = room > smallRoom && rows * 4 < room ? this.#sparse + 1 : 0;
    this.#lost = 0;
    return table;
  }

  /** Finds the rows of this kind, and those of the table that they belong to; answers how many there are. */
  #find(rows: StatRows): number {
    const { kinds, count } = rows;
    const run = this.#run;
    this.#index.read(rows);
    run.count = 0;
    for (let i = 0; i < count; i++) {
      if (kinds[i] !== this.#code) continue;
      const row = this.#index.rowOf(i);
      if (row < 0) this.#lost++;
      else {
        run.from[run.count] = i;
        run.to[run.count++] = row;
      }
    }
    return run.count;
  }

  /** Makes room for the rows of the table; asked for each batch. */
  #reserve(): void {
    const rows = this.#index.size;
    if (rows <= this.#parts.room) return;
    this.#parts.reserve(rows);
    for (const text of this.#texts) text.reserve(this.#parts.room);
  }
}

interface TextContext {
  readonly kind: RowKind;
  readonly parts: PartColumns;
  readonly keys: Int32Array;
}

/** How the texts among the fields are combined. */
function textMergers(fields: readonly FieldRule[], { kind, parts, keys }: TextContext): TextMerger[] {
  const ofRule = (wanted: Rule) => fields.filter(({ rule }) => rule === wanted).map(({ name }) => name);
  const worst = new Set(ofRule('worst'));
  return [
    ...ofRule('status').map(() => new StatusText(kind, parts, keys)),
    ...Object.entries(leaders)
      .filter(([leader]) => worst.has(leader))
      .map(([leader, followers]) => new WorstTexts(leader, followers, keys)),
    ...ofRule('text').map((name) => new AgreedText(name, keys)),
  ];
}
