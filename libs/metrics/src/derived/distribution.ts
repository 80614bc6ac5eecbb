import { isPresent } from '../frame';
import type { FinishedTable, Metric } from '../finished';
import { mathjs } from './mathjs';

/** What is said about how a metric spreads over the processes. */
export interface DistributionMetric {
  readonly name: string;
  /** From at least two values in ascending order. */
  readonly of: (sorted: Float64Array) => number;
  readonly formula: string;
  /** One sentence for users. */
  readonly doc: string;
}

const input = 'CpuUsagePct';

/** THE DISTRIBUTION, in the daemon table, with both semantics: of the processes' CpuUsagePct, where two of them have one. */
export const distributionMetrics: readonly DistributionMetric[] = [
  ...[25, 50, 75, 95, 99].map((percent) => ({
    name: `${percent}Percentile${input}`,
    of: (sorted: Float64Array) => sorted[percentileIndex(sorted.length, percent)]!,
    formula: `sorted[(n - 1) * ${percent / 100}]`,
    doc: `The value that ${percent} % of the processes are not above; that of a process, not one in between.`,
  })),
  {
    name: `Std${input}`,
    of: (sorted) => Number(mathjs().std([...sorted], 'unbiased')),
    formula: `std(${input})`,
    doc: 'The deviation of the processes, as of a sample (n - 1).',
  },
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
export function withDistribution(tables: readonly FinishedTable[]): readonly FinishedTable[] {
  const processes = tables.find(({ kind }) => kind === 'process');
  const usage = processes?.metrics.find(({ name }) => name === input);
  if (!usage) return tables;
  const values = usage.values.filter((_, row) => isPresent(usage, row)).sort();
  if (values.length < 2) return tables;
  const added = distributionMetrics.map(({ name, of }) => metricOfOneRow(name, of(values)));
  return tables.map((table) =>
    table.kind === 'daemon' ? { ...table, metrics: [...table.metrics, ...added] } : table,
  );
}

function metricOfOneRow(name: string, value: number): Metric {
  return { name, field: name, values: Float64Array.of(value), present: Uint8Array.of(1) };
}
