import { allSemantics, type Semantics } from '@haproxystats/haproxy';
import { isPresent } from '../frame';
import type { FinishedTable, Metric } from '../finished';
import { percentages } from './derived-metrics';
import { mathjs } from './mathjs';

/** What is said about how a metric spreads over the processes. */
export interface DistributionMetric {
  readonly name: string;
  /** Of which metric of the processes. */
  readonly input: string;
  readonly semantics: readonly Semantics[];
  /** The setting without which it is not computed. */
  readonly option?: 'calculate-percentages';
  /** How many processes must have a value. */
  readonly atLeast: number;
  /** By which users select it. */
  readonly field: string;
  /** From values in ascending order. */
  readonly of: (sorted: Float64Array) => number;
  readonly formula: string;
  /** One sentence for users. */
  readonly doc: string;
}

const input = 'CpuUsagePct';

/** The original sends them whatever users select. */
const usage: readonly Omit<DistributionMetric, 'input' | 'semantics' | 'atLeast' | 'field'>[] = [
  ...[25, 50, 75, 95, 99].map((percent) => ({
    name: `${percent}Percentile${input}`,
    of: (sorted: Float64Array) => sorted[percentileIndex(sorted.length, percent)]!,
    formula: `sorted[(n - 1) * ${percent / 100}]`,
    doc: `Of the processes in the order of their \`${input}\`, that of the one ${percent} % of the way from the lowest to the highest (the nearest one; nothing in between).`,
  })),
  {
    name: `Std${input}`,
    of: (sorted) => Number(mathjs().std([...sorted], 'unbiased')),
    formula: `std(${input})`,
    doc: 'The deviation of the processes, as of a sample (n - 1).',
  },
];

/** THE DISTRIBUTION over the processes, in the daemon table. */
export const distributionMetrics: readonly DistributionMetric[] = [
  ...usage.map((row) => ({ ...row, input, semantics: allSemantics, atLeast: 2, field: row.name })),
  ...percentages.map((name) => ({
    name: `${name}_max`,
    input: name,
    semantics: ['exact'] as const,
    option: 'calculate-percentages' as const,
    atLeast: 1,
    field: name,
    of: (sorted: Float64Array) => sorted.at(-1)!,
    formula: `max(${name})`,
    doc: `\`${name}\` of the process that is the fullest: it refuses first.`,
  })),
];

/** Where the percentile is among `n` sorted values: the nearest, of two equally near ones the even, as numpy's `nearest`. */
export function percentileIndex(n: number, percent: number): number {
  const exact = ((n - 1) * percent) / 100;
  const below = Math.floor(exact);
  const rest = exact - below;
  if (rest === 0.5) return below + (below % 2);
  return rest < 0.5 ? below : below + 1;
}

/** Adds the distribution over the rows of the process table to the daemon table; nothing where one of them is missing. */
export function withDistribution(
  tables: readonly FinishedTable[],
  semantics: Semantics,
): readonly FinishedTable[] {
  const processes = tables.find(({ kind }) => kind === 'process');
  const rows = distributionMetrics.filter((row) => row.semantics.includes(semantics));
  const added = processes ? rows.flatMap((row) => metricOver(processes, row) ?? []) : [];
  if (added.length === 0) return tables;
  return tables.map((table) =>
    table.kind === 'daemon' ? { ...table, metrics: [...table.metrics, ...added] } : table,
  );
}

function metricOver({ metrics }: FinishedTable, row: DistributionMetric): Metric | undefined {
  const metric = metrics.find(({ name }) => name === row.input);
  if (!metric) return undefined;
  const values = metric.values.filter((_, process) => isPresent(metric, process)).sort();
  if (values.length < row.atLeast) return undefined;
  const { name, field, of } = row;
  return { name, field, values: Float64Array.of(of(values)), present: Uint8Array.of(1) };
}
