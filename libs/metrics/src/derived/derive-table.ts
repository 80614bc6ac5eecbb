import { presenceBytes, type TableKind } from '../frame';
import type { FinishedTable, Metric } from '../finished';
import type { Expression } from './expression-compiler';
import { symbolOf } from './symbol-of';

/** A formula with the names of its inputs, and the kinds of tables that it is computed for. */
export interface DerivedColumn {
  readonly name: string;
  readonly tables: readonly TableKind[];
  /** The metrics whose columns `evaluate` wants, in this order; at least one. */
  readonly inputs: readonly string[];
  readonly evaluate: Expression;
}

/**
 * Adds to a table what is derived from it, in the order of the formulas, so that one may use those before it. A row without one of the
 * inputs, or whose result is no finite number, gets no point; a table without one of them no column. What HAProxy prints under the name
 * of a formula, which only an unknown column can, is left out, so that a path never has two meanings.
 */
export function deriveTable(table: FinishedTable, columns: readonly DerivedColumn[]): FinishedTable {
  const own = columns.filter(({ tables }) => tables.includes(table.kind));
  const names = new Set(own.map(({ name }) => symbolOf(name)));
  const metrics = table.metrics.filter(({ name }) => !names.has(symbolOf(name)));
  const left = metrics.length;
  for (const column of own) {
    const metric = computeColumn(column, metrics, table.proxies.length);
    if (metric) metrics.push(metric);
  }
  return metrics.length > left || left < table.metrics.length ? { ...table, metrics } : table;
}

function computeColumn(
  { name, inputs, evaluate }: DerivedColumn,
  metrics: readonly Metric[],
  rows: number,
): Metric | undefined {
  const given = inputs.map((input) => metrics.find((metric) => metric.name === input));
  if (!given.every((metric) => metric !== undefined)) return undefined;
  const columns = given.map(({ values }) => values);
  const present = presentInAll(given, rows);
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    if ((present[row >> 3]! & (1 << (row & 7))) === 0) continue;
    const value = evaluate(columns, row);
    if (Number.isFinite(value)) values[row] = value;
    else present[row >> 3]! &= ~(1 << (row & 7));
  }
  return present.some((bits) => bits !== 0) ? { name, field: name, values, present } : undefined;
}

function presentInAll(metrics: readonly Metric[], rows: number): Uint8Array {
  const present = new Uint8Array(presenceBytes(rows)).fill(0xff);
  for (const metric of metrics) for (let i = 0; i < present.length; i++) present[i]! &= metric.present[i]!;
  return present;
}
