import type { Part } from '@haproxystats/haproxy';
import { combineTexts, type Source } from './combine-texts';
import { presenceBytes, type Column, type Table } from './frame';
import { either } from './steps';

/** How a row is named. */
export interface RowName {
  readonly proxy: string;
  readonly server: string;
}

type Combine = (a: number, b: number) => number;

const add: Combine = (a, b) => a + b;

/** How two values of a part become one. */
const combineParts: Readonly<Record<Part, Combine>> = {
  sum: add,
  count: add,
  weight: add,
  unlimited: add,
  inexact: add,
  max: Math.max,
  min: Math.min,
  bits: either,
};

/** Gives the rows other names, and combines those whose names are then the same; rows without a name are left out. */
export function regroup(table: Table, nameOf: (proxy: string, server: string) => RowName | undefined): Table {
  const names = new Names();
  const rows = Int32Array.from(table.proxies, (proxy, row) =>
    names.rowOf(nameOf(proxy, table.servers[row]!)),
  );
  return combineTables(table.kind, names, [{ table, rows }]);
}

/** The rows of two tables of one kind, those of one name combined. */
export function mergeTables(a: Table, b: Table): Table {
  const names = new Names();
  const sourceOf = (table: Table): Source => ({
    table,
    rows: Int32Array.from(table.proxies, (proxy, row) => names.rowOf({ proxy, server: table.servers[row]! })),
  });
  return combineTables(a.kind, names, [sourceOf(a), sourceOf(b)]);
}

class Names {
  readonly proxies: string[] = [];
  readonly servers: string[] = [];
  readonly #rows = new Map<string, number>();

  rowOf(name: RowName | undefined): number {
    if (!name) return -1;
    const key = `${name.proxy}\n${name.server}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const row = this.proxies.push(name.proxy) - 1;
    this.servers.push(name.server);
    this.#rows.set(key, row);
    return row;
  }
}

/** A table of rows with these names, to which the rows of the sources go; a table can be a source several times. */
export function combineTables(
  kind: Table['kind'],
  { proxies, servers }: Pick<Table, 'proxies' | 'servers'>,
  sources: readonly Source[],
): Table {
  const columns = new Map<string, Column>();
  for (const { table, rows } of sources) {
    for (const column of table.columns) {
      const key = `${column.field} ${column.rule} ${column.part}`;
      const target = columns.get(key) ?? blankColumn(column, proxies.length);
      columns.set(key, target);
      addColumn(target, column, rows);
    }
  }
  return {
    kind,
    proxies,
    servers,
    columns: [...columns.values()],
    texts: combineTexts(proxies.length, sources),
  };
}

function blankColumn(column: Column, rows: number): Column {
  return { ...column, values: new Float64Array(rows), present: new Uint8Array(presenceBytes(rows)) };
}

function addColumn(target: Column, { part, values, present }: Column, rows: Int32Array): void {
  const combineValues = combineParts[part];
  for (let from = 0; from < rows.length; from++) {
    const to = rows[from]!;
    if (to < 0 || (present[from >> 3]! & (1 << (from & 7))) === 0) continue;
    const bit = 1 << (to & 7);
    const old = (target.present[to >> 3]! & bit) !== 0;
    target.present[to >> 3]! |= bit;
    target.values[to] = old ? combineValues(target.values[to]!, values[from]!) : values[from]!;
  }
}
