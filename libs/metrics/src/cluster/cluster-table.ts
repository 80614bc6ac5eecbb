import { fieldNamed } from '@haproxystats/haproxy';
import { TextCombiner } from '../combine-texts';
import {
  entityOf,
  presenceBytes,
  type Column,
  type FrameHead,
  type Table,
  type TableKind,
  type TextColumn,
} from '../frame';
import { isText } from '../field-rules';
import { driftColumn, nodesField } from '../levels/drift';
import { PartColumns } from '../part-columns';
import { runOf, stepWork, type Run } from '../steps';
import { blanked, ClusterPlanner } from './cluster-plan';
import { ClusterRows, type Layout } from './cluster-rows';

/** Merges tables of one kind, node by node. Its arrays, and what it knows of the nodes' rows, are used again after `take`. */
export class ClusterTable {
  readonly #rows = new ClusterRows();
  readonly #parts = new PartColumns();
  readonly #planner: ClusterPlanner;
  readonly #texts = new TextCombiner();
  #run = runOf(0);
  #scratch = new Float64Array(0);
  #lost = 0;

  constructor(readonly kind: TableKind) {
    this.#planner = new ClusterPlanner(kind, this.#parts);
  }

  /** Rows and columns, since the last `take`, for which there was no room. */
  get lost(): number {
    return this.#lost + this.#planner.dropped;
  }

  /** Sums in the table last taken that are beyond 2^53. */
  get inexact(): number {
    return this.#parts.inexact;
  }

  /** Adds a node's rows, or some of them; `source` tells apart what comes of its nodes and their parts. */
  add(
    table: Table,
    source: string,
    { semantics, intervalMs }: Pick<FrameHead, 'semantics' | 'intervalMs'>,
  ): void {
    const layout = this.#rows.layoutOf(source, table);
    this.#reserve(layout.length);
    this.#begin(layout);
    this.#countNodes();
    const { additions } = this.#planner.planOf(table.columns, semantics);
    for (const { columns, finish, works } of additions) {
      const numbers = finish ? finish(table, intervalMs) : table.columns[columns[0]!]!;
      if (!numbers) continue;
      this.#run.values = blanked(numbers, this.#scratch);
      for (const { work, part } of works) {
        this.#parts.give(part);
        work(this.#parts.cells(part), 0, this.#run);
      }
    }
    const texts = table.texts.filter(({ field }) => meansMore(this.kind, field));
    this.#texts.add({ table: { texts }, rows: layout });
  }

  /** The rows that any node has, in the order of their names; nothing is left of them here. `nodesSeen`: with rows of `show stat`. */
  take(nodesSeen: number): Table {
    const size = this.#rows.size;
    const columns = this.#parts.take(size).toSorted(byName);
    const texts = this.#texts.take(size).toSorted((a, b) => (a.field < b.field ? -1 : 1));
    const order = this.#order(columns.find(({ field, rule }) => field === nodesField && rule === 'sum'));
    const { proxies, servers } = this.#rows.names;
    const table = {
      kind: this.kind,
      proxies: Array.from(order, (row) => proxies[row]!),
      servers: Array.from(order, (row) => servers[row]!),
      columns: isIdentity(order, size) ? columns : columns.map((column) => reordered(column, order)),
      texts: texts.map((text) => reorderedText(text, order)),
    };
    this.#tidy(order);
    const told =
      entityOf[this.kind] === 'daemon'
        ? table.columns.filter(({ field }) => field !== nodesField)
        : [...table.columns, driftColumn(table, nodesSeen)];
    return { ...table, columns: told };
  }

  #reserve(rows: number): void {
    this.#parts.reserve(this.#rows.size);
    this.#texts.reserve(this.#rows.size);
    if (rows <= this.#scratch.length) return;
    this.#scratch = new Float64Array(2 * rows);
    this.#run = runOf(2 * rows);
    this.#run.weights.fill(1);
    this.#run.factors.fill(1);
  }

  #begin(layout: Layout): void {
    const run: Run = this.#run;
    run.count = 0;
    for (let i = 0; i < layout.length; i++) {
      const row = layout[i]!;
      if (row < 0) {
        this.#lost++;
        continue;
      }
      run.from[run.count] = i;
      run.to[run.count++] = row;
    }
  }

  #countNodes(): void {
    const part = this.#planner.partOf({ field: nodesField, rule: 'sum', part: 'sum' });
    if (part === undefined) return;
    this.#parts.give(part);
    stepWork.countRows(this.#parts.cells(part), 0, this.#run);
  }

  /** The rows that are there. */
  #order(nodes: Column | undefined): Int32Array {
    const rows = new Int32Array(this.#rows.size);
    let count = 0;
    for (let row = 0; row < rows.length; row++) if (nodes && nodes.values[row]! > 0) rows[count++] = row;
    return this.#rows.isSorted ? rows.subarray(0, count) : rows.subarray(0, count).sort(this.#byName());
  }

  #byName(): (a: number, b: number) => number {
    const { proxies, servers } = this.#rows.names;
    return (a, b) => compare(proxies[a]!, proxies[b]!) || compare(servers[a]!, servers[b]!);
  }

  /** Rows that are gone are kept for a while: a node that is away mostly comes back. */
  #tidy(order: Int32Array): void {
    this.#lost = 0;
    const { size } = this.#rows;
    const gone = size - order.length;
    if (gone > order.length) this.#rows.renumber(order);
    else if (!this.#rows.isSorted)
      this.#rows.renumber(Int32Array.from({ length: size }, (_, row) => row).sort(this.#byName()));
    if (this.#planner.isCrowded) this.#planner.forget();
  }
}

/** Whether a text means something beyond the node. */
function meansMore(kind: TableKind, field: string): boolean {
  const rule = fieldNamed(entityOf[kind], field)?.exact.nodes;
  return rule === undefined || isText(rule);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function byName(a: Column, b: Column): number {
  return compare(a.field, b.field) || compare(a.rule, b.rule) || compare(a.part, b.part);
}

function isIdentity(order: Int32Array, rows: number): boolean {
  return order.length === rows && order.every((row, i) => row === i);
}

function reordered(column: Column, order: Int32Array): Column {
  const { values, present } = column;
  const moved = {
    values: new Float64Array(order.length),
    present: new Uint8Array(presenceBytes(order.length)),
  };
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    if ((present[row >> 3]! & (1 << (row & 7))) === 0) continue;
    moved.values[i] = values[row]!;
    moved.present[i >> 3]! |= 1 << (i & 7);
  }
  return { ...column, ...moved };
}

function reorderedText({ field, words, codes }: TextColumn, order: Int32Array): TextColumn {
  return { field, words, codes: Uint16Array.from(order, (row) => codes[row]!) };
}
