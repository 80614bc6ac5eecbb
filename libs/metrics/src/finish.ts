import { ruleFacts, rules, type Form, type Part, type Rule } from '@haproxystats/haproxy';
import type { FinishedTable, Metric } from './finished';
import type { Column, Table } from './frame';

type Parts = Partial<Record<Part, Column>>;

/** The numbers of a metric; the arrays can be those of a part. */
type Numbers = Pick<Metric, 'values' | 'present'>;

/** What the forms are made of; undefined where a part that it takes is not there. */
const forms: Readonly<Record<Form, (parts: Parts) => Numbers | undefined>> = {
  sum: ({ sum }) => sum,
  max: ({ max }) => max,
  min: ({ min }) => min,
  bits: ({ bits }) => bits,
  mean: (parts) => {
    const divisor = parts.count ?? parts.weight;
    return parts.sum && divisor && quotient(Object.values(parts), parts.sum, divisor);
  },
  limit: ({ sum, unlimited }) => sum && unlimited && numbersWhere(sum, unlimited, (members) => members === 0),
  same: ({ min, max }) => min && max && numbersWhere(min, max, (largest, smallest) => largest === smallest),
};

/** The metrics of a table's fields, as the rules of their columns say: for a field the first rule. An unknown rule is ignored. */
export function finishTable({ kind, proxies, servers, columns }: Table): FinishedTable {
  const fields = new Map<string, { readonly rule: Rule; readonly parts: Parts }>();
  for (const column of columns) {
    const field = fields.get(column.field) ?? { rule: column.rule, parts: {} };
    fields.set(column.field, field);
    if (field.rule === column.rule) field.parts[column.part] = column;
  }
  const metrics = [...fields].flatMap(([field, { rule, parts }]) => metricsOf(field, rule, parts));
  return { kind, proxies, servers, metrics };
}

function metricsOf(field: string, rule: Rule, parts: Parts): Metric[] {
  if (!Object.hasOwn(rules, rule)) return [];
  return ruleFacts[rule].metrics.flatMap(([suffix, form]) => {
    const numbers = forms[form](parts);
    return numbers ? { name: field + suffix, field, values: numbers.values, present: numbers.present } : [];
  });
}

/** Where all parts are there and the divisor is not 0. */
function quotient(parts: readonly Column[], sum: Column, divisor: Column): Numbers {
  const rows = sum.values.length;
  const values = new Float64Array(rows);
  const present = parts.map((part) => part.present).reduce(bothBits);
  for (let row = 0; row < rows; row++) {
    const by = divisor.values[row]!;
    if (by > 0) values[row] = sum.values[row]! / by;
    else present[row >> 3]! &= ~(1 << (row & 7));
  }
  return { values, present };
}

/** The values of one part where it and another are there and agree. */
function numbersWhere(
  column: Column,
  other: Column,
  agree: (other: number, value: number) => boolean,
): Numbers {
  const present = bothBits(column.present, other.present);
  for (let row = 0; row < column.values.length; row++) {
    if (!agree(other.values[row]!, column.values[row]!)) present[row >> 3]! &= ~(1 << (row & 7));
  }
  return { values: column.values, present };
}

function bothBits(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((bits, i) => bits & b[i]!);
}
