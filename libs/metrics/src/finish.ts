import { isPresent, type Column, type Part, type Table } from './frame';

/** A metric of every row of a table: ready to be named and sent. */
export interface Metric {
  /** HAProxy's field name, with a suffix where a field gives more than one metric. */
  readonly name: string;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

type Parts = Partial<Record<Part, Column>>;

/** Which metrics a field's parts become; the first row whose part is there counts. */
const finishers: readonly { part: Part; metrics: (name: string, parts: Parts) => Metric[] }[] = [
  { part: 'count', metrics: (name, parts) => [quotient(name, parts.sum!, parts.count!)] },
  { part: 'weight', metrics: (name, parts) => [quotient(name, parts.sum!, parts.weight!)] },
  { part: 'max', metrics: (name, parts) => [named(name, parts.max!), named(`${name}_sum`, parts.sum!)] },
  { part: 'sum', metrics: (name, parts) => [named(name, parts.sum!)] },
];

/** The metrics of a table: sums as they are, means from their parts, ranges as `X` (the largest) and `X_sum`. Unknown parts are ignored. */
export function finishTable(table: Table): Metric[] {
  const fields = new Map<string, Parts>();
  for (const column of table.columns) {
    const parts = fields.get(column.field) ?? {};
    parts[column.part] = column;
    fields.set(column.field, parts);
  }
  return [...fields].flatMap(([name, parts]) => {
    if (!parts.sum) return [];
    return finishers.find(({ part }) => parts[part])?.metrics(name, parts) ?? [];
  });
}

function named(name: string, { values, present }: Column): Metric {
  return { name, values, present };
}

function quotient(name: string, sum: Column, weight: Column): Metric {
  const values = new Float64Array(sum.values.length);
  for (let row = 0; row < values.length; row++) {
    if (isPresent(sum, row)) values[row] = sum.values[row]! / weight.values[row]!;
  }
  return { name, values, present: sum.present };
}
