import type { FinishedTable, Metric } from './finished';
import { isPresent, presenceBytes, setPresent, type TableKind } from './frame';

/** Names of proxies that are left out, every '.' as '_'. */
export interface Excludes {
  readonly frontends: ReadonlySet<string>;
  readonly backends: ReadonlySet<string>;
}

/** Which list holds for the rows of a table; servers and listeners go with their proxy. */
const lists: Readonly<Partial<Record<TableKind, keyof Excludes>>> = {
  frontend: 'frontends',
  listener: 'frontends',
  backend: 'backends',
  server: 'backends',
};

/** The table without the rows of excluded proxies; the same table where there are none. */
export function withoutExcluded(table: FinishedTable, excludes: Excludes): FinishedTable {
  const list = lists[table.kind];
  const names = list ? excludes[list] : undefined;
  if (!names || names.size === 0) return table;
  const kept = keptRows(table.proxies, names);
  return kept.length === table.proxies.length ? table : rowsOnly(table, kept);
}

/** The rows whose proxies are not excluded. */
export function keptRows(proxies: readonly string[], excluded: ReadonlySet<string>): number[] {
  const kept: number[] = [];
  let last: string | undefined;
  let isExcluded = false;
  for (const [row, proxy] of proxies.entries()) {
    if (proxy !== last) isExcluded = excluded.has(proxy.replaceAll('.', '_'));
    last = proxy;
    if (!isExcluded) kept.push(row);
  }
  return kept;
}

function rowsOnly(
  { kind, proxies, servers, metrics }: FinishedTable,
  rows: readonly number[],
): FinishedTable {
  return {
    kind,
    proxies: rows.map((row) => proxies[row]!),
    servers: rows.map((row) => servers[row]!),
    metrics: metrics.map((metric) => cellsOnly(metric, rows)),
  };
}

function cellsOnly(metric: Metric, rows: readonly number[]): Metric {
  const values = new Float64Array(rows.length);
  const present = new Uint8Array(presenceBytes(rows.length));
  for (const [to, from] of rows.entries()) {
    if (!isPresent(metric, from)) continue;
    values[to] = metric.values[from]!;
    setPresent(present, to);
  }
  return { ...metric, values, present };
}
