import type { Semantics } from '@haproxystats/haproxy';
import type { Source } from './combine-texts';
import { presenceBytes, setPresent, type Column, type Table } from './frame';
import { semanticsFacts } from './semantics';

/** The number of servers that a backend has over all processes. */
const totalServersField = 'TotalServers';

/** A table of backends with `TotalServers`; any other as it is. */
export function withTotalServers(table: Table, servers: Table, semantics: Semantics): Table {
  if (table.kind !== 'backend') return table;
  const none = semanticsFacts[semantics].countsNone ? 0 : undefined;
  return { ...table, columns: [...table.columns, totalServers(table, serversPerProxy(servers), none)] };
}

/**
 * Backends that were given other names, and combined where these are the same: `TotalServers` becomes the number of different names that
 * the servers of all of them have, as far as `servers` has these. `nameOf`: what the backends were renamed by.
 */
export function recountServers(backends: Table, servers: Table, nameOf: (proxy: string) => string): Table {
  const names = new Map<string, Set<string>>();
  servers.proxies.forEach((proxy, row) => {
    const backend = nameOf(proxy);
    names.set(backend, (names.get(backend) ?? new Set()).add(servers.servers[row]!));
  });
  const counts = backends.proxies.map((proxy) => names.get(proxy)?.size ?? 0);
  const columns = backends.columns.map((column) =>
    column.field === totalServersField
      ? { ...column, values: column.values.map((largest, row) => Math.max(largest, counts[row]!)) }
      : column,
  );
  return { ...backends, columns };
}

/** Rows that backends of different names were combined into: `TotalServers` becomes the servers that all of them have together. */
export function addUpTotalServers(combined: Table, sources: readonly Source[]): Table {
  const columns = combined.columns.map((column) => {
    if (column.field !== totalServersField) return column;
    const values = new Float64Array(combined.proxies.length);
    for (const { table, rows } of sources) {
      const counts = table.columns.find(({ field }) => field === totalServersField);
      counts?.values.forEach((count, row) => {
        if (rows[row]! >= 0) values[rows[row]!]! += count;
      });
    }
    return { ...column, values };
  });
  return { ...combined, columns };
}

function totalServers(
  { proxies }: Table,
  counts: ReadonlyMap<string, number>,
  none: number | undefined,
): Column {
  const values = new Float64Array(proxies.length);
  const present = new Uint8Array(presenceBytes(proxies.length));
  proxies.forEach((proxy, row) => {
    const count = counts.get(proxy) ?? none;
    if (count === undefined) return;
    values[row] = count;
    setPresent(present, row);
  });
  return { field: totalServersField, rule: 'max', part: 'max', values, present };
}

/** Servers of a backend mostly stand together, and are counted together. */
function serversPerProxy({ proxies }: Table): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (let from = 0, to = 0; from < proxies.length; from = to) {
    const proxy = proxies[from]!;
    while (to < proxies.length && proxies[to] === proxy) to++;
    counts.set(proxy, (counts.get(proxy) ?? 0) + to - from);
  }
  return counts;
}
