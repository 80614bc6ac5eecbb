import type { Table } from '../frame';

export interface RowNames {
  readonly proxies: readonly string[];
  readonly servers: readonly string[];
}

/** The rows of the tables, one table behind the other. */
export function namesOf(tables: readonly Table[]): RowNames {
  if (tables.length === 1) return tables[0]!;
  return {
    proxies: tables.flatMap(({ proxies }) => proxies),
    servers: tables.flatMap(({ servers }) => servers),
  };
}

/** Whether the first `rows` names are those of the tables. */
export function isSameLayout(names: RowNames, rows: number, tables: readonly Table[]): boolean {
  let row = 0;
  for (const { proxies, servers } of tables) {
    if (row + proxies.length > rows) return false;
    for (let i = 0; i < proxies.length; i++, row++)
      if (proxies[i] !== names.proxies[row] || servers[i] !== names.servers[row]) return false;
  }
  return row === rows;
}

/** No two rows of different names have the same. */
export function keyOf(proxy: string, server: string): string {
  return `${proxy.length} ${proxy}${server}`;
}
