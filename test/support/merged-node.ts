import type { Semantics } from '@haproxystats/haproxy';
import {
  finishTable,
  isPresent,
  ProcessMerger,
  type MergedProcesses,
  type MergeOptions,
  type ProcessText,
  type Table,
} from '@haproxystats/metrics';

/** What a process said: a `show stat` and a `show info`. */
export function processText(stat: string, info = 'Tasks: 1\n', process = '/run/p'): ProcessText {
  return { process, info: Buffer.from(info), stats: [Buffer.from(stat)] };
}

/** Merges the processes of a node, with a merger of its own. */
export function merge(
  processes: readonly ProcessText[],
  { semantics = 'exact', ...options }: Partial<MergeOptions> & { semantics?: Semantics } = {},
): MergedProcesses {
  return new ProcessMerger({ semantics, now: () => 0 }).merge(processes, {
    expected: processes.length,
    ...options,
  });
}

export function merged(...processes: ProcessText[]): readonly Table[] {
  return merge(processes).tables;
}

/** The row called `proxy` or `proxy/server`. */
export function rowOf(
  tables: readonly Table[],
  kind: Table['kind'],
  name: string,
): { table: Table; row: number } {
  const table = tables.find((candidate) => candidate.kind === kind);
  const row =
    table?.proxies.findIndex((proxy, i) => [proxy, table.servers[i]].filter(Boolean).join('/') === name) ??
    -1;
  if (!table || row < 0) throw new Error(`no ${kind} ${name}`);
  return { table, row };
}

/** The metrics of one row, by name; absent ones are left out. */
export function metricsOf(
  tables: readonly Table[],
  kind: Table['kind'],
  name: string,
): Record<string, number> {
  const { table, row } = rowOf(tables, kind, name);
  return Object.fromEntries(
    finishTable(table, 10_000)
      .metrics.filter((metric) => isPresent(metric, row))
      .map((metric) => [metric.name, metric.values[row]!]),
  );
}

/** The texts of one row, by field; absent ones are left out. */
export function textsOf(tables: readonly Table[], kind: Table['kind'], name: string): Record<string, string> {
  const { table, row } = rowOf(tables, kind, name);
  return Object.fromEntries(
    table.texts.flatMap(({ field, words, codes }) => {
      const word = words[codes[row]! - 1];
      return word === undefined ? [] : [[field, word]];
    }),
  );
}
