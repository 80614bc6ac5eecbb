import { ruleFacts, rules, type Form, type Part, type Rule, type RuleFacts } from '@haproxystats/haproxy';
import type { FinishedTable, Metric } from './finished';
import { singleRows, type Column, type Table, type TableKind } from './frame';

type Parts = Partial<Record<Part, Column>>;

/** The numbers of a metric; the arrays can be those of a part. */
type Numbers = Pick<Metric, 'values' | 'present'>;

interface FormContext {
  /** The parts that the rule keeps. */
  readonly kept: readonly Part[];
  readonly intervalMs: number;
}

const isNone = (members: number): boolean => members === 0;

/** Makes a form of the parts that are there; undefined where one that it takes is not there. */
type Finish = (parts: Parts, of: FormContext) => Numbers | undefined;

const forms: Readonly<Record<Form, Finish>> = {
  sum: ({ sum }) => sum,
  max: ({ max }) => max,
  min: ({ min }) => min,
  bits: ({ bits }) => bits,
  mean: (parts, { kept }) => {
    const divisor = parts.count ?? parts.weight;
    const all = kept.flatMap((part) => parts[part] ?? []);
    return parts.sum && divisor && all.length === kept.length ? quotient(all, parts.sum, divisor) : undefined;
  },
  perSecond: ({ sum }, { intervalMs }) => sum && perSecond(sum, intervalMs),
  exactMax: ({ max, inexact }) => max && inexact && numbersWhere(max, inexact, isNone),
  exactSum: ({ sum, inexact }) => sum && inexact && numbersWhere(sum, inexact, isNone),
  limit: ({ sum, unlimited }) => sum && unlimited && numbersWhere(sum, unlimited, isNone),
  same: ({ min, max }) => min && max && numbersWhere(min, max, (largest, smallest) => largest === smallest),
};

/** The metrics of a table's fields, as the rules of their columns say: for a field the first rule. An unknown rule is ignored. */
export function finishTable({ kind, proxies, servers, columns }: Table, intervalMs: number): FinishedTable {
  const fields = new Map<string, FieldParts>();
  for (const column of columns) {
    const { field: name, rule, module } = column;
    const field = fields.get(name) ?? { name, rule, module, parts: {} };
    fields.set(name, field);
    if (field.rule === rule) field.parts[column.part] = column;
  }
  const metrics = [...fields.values()].flatMap((field) => metricsOf(field, kind, intervalMs));
  return { kind, proxies, servers, metrics };
}

/** What fields of a rule become in a table: in one whose rows are single members only what carries the field's own name. */
export function metricsIn(kind: TableKind, rule: Rule): RuleFacts['metrics'] {
  const { metrics } = ruleFacts[rule];
  return singleRows.has(kind) ? metrics.filter(([suffix]) => suffix === '') : metrics;
}

interface FieldParts extends Pick<Column, 'rule' | 'module'> {
  readonly name: string;
  readonly parts: Parts;
}

function metricsOf(
  { name: field, rule, module, parts }: FieldParts,
  kind: TableKind,
  intervalMs: number,
): Metric[] {
  if (!Object.hasOwn(rules, rule)) return [];
  const kept = Object.keys(ruleFacts[rule].steps) as Part[];
  return metricsIn(kind, rule).flatMap(([suffix, form]) => {
    const numbers = forms[form](parts, { kept, intervalMs });
    if (!numbers) return [];
    const { values, present } = numbers;
    return { name: field + suffix, field, rule, ...(module && { module }), values, present };
  });
}

/** Of what was counted in an interval. Multiplied first: 174 in 10 s are 17.4, and not the nearest to 174 * 0.1. */
function perSecond({ values, present }: Column, intervalMs: number): Numbers {
  return { values: values.map((value) => (value * 1_000) / intervalMs), present };
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
