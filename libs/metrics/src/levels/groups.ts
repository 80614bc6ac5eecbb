import { keptRows, type Excludes } from '../excludes';
import type { Table, TableKind } from '../frame';
import { combineTables } from '../regroup';
import { addUpTotalServers } from '../total-servers';

/** How rows of a kind are added up into groups. */
interface GroupedRows {
  readonly kind: TableKind;
  /** Of a row the name by which its groups are found. */
  readonly by: 'proxies' | 'servers';
  /** Rows of these proxies are in no group. */
  readonly excluded: keyof Excludes;
}

/** THE TABLES OF GROUPS, by the table whose rows they add up. */
export const groupTables = {
  frontend: { kind: 'frontend-group', by: 'proxies', excluded: 'frontends' },
  backend: { kind: 'backend-group', by: 'proxies', excluded: 'backends' },
  server: { kind: 'server-group', by: 'servers', excluded: 'backends' },
} as const satisfies Partial<Record<TableKind, GroupedRows>>;

export type GroupedKind = keyof typeof groupTables;

/** The groups of a kind. */
export interface Memberships {
  readonly names: readonly string[];
  /** For each of these proxies or servers the numbers of all its groups, each from 0 up to that of `names`. */
  of(members: readonly string[]): readonly (readonly number[])[];
}

export interface Grouping {
  readonly groups: Readonly<Partial<Record<GroupedKind, Memberships>>>;
  readonly excludes: Excludes;
}

/**
 * The tables of a node, and behind them one for each kind of group: to aggregate is to drop a label. A row there is what its members
 * come to, by the rules of their columns, as if each were one more process; a member of several groups counts in each. Groups without
 * members have no row.
 */
export function withGroups(tables: readonly Table[], grouping: Grouping): Table[] {
  return [...tables, ...tables.flatMap((table) => groupsOf(table, grouping) ?? [])];
}

function groupsOf(table: Table, { groups, excludes }: Grouping): Table | undefined {
  if (!isGrouped(table.kind)) return undefined;
  const { kind, by, excluded } = groupTables[table.kind];
  const memberships = groups[table.kind];
  if (!memberships || memberships.names.length === 0) return undefined;
  const of = memberships.of(table[by]);
  const members = keptRows(table.proxies, excludes[excluded]).filter((row) => of[row]!.length > 0);
  if (members.length === 0) return undefined;
  const rowOfGroup = rowsOfGroups(members, of, memberships.names.length);
  const proxies = memberships.names.filter((_, group) => rowOfGroup[group]! >= 0);
  const layers = layersOf(members, of, { rows: of.length, rowOfGroup });
  const sources = layers.map((rows) => ({ table, rows }));
  const combined = combineTables(kind, { proxies, servers: proxies.map(() => '') }, sources);
  return addUpTotalServers(combined, sources);
}

function isGrouped(kind: TableKind): kind is GroupedKind {
  return Object.hasOwn(groupTables, kind);
}

type Numbers = readonly (readonly number[])[];

/** For each group its row; -1 where it has no members. */
function rowsOfGroups(members: readonly number[], of: Numbers, groups: number): Int32Array {
  const rows = new Int32Array(groups).fill(-1);
  for (const row of members) for (const group of of[row]!) rows[group] = 0;
  let next = 0;
  return rows.map((row) => (row < 0 ? row : next++));
}

/** Where each row goes by its first group, by its second and so on; -1 where it has no more. */
function layersOf(
  members: readonly number[],
  of: Numbers,
  { rows, rowOfGroup }: { readonly rows: number; readonly rowOfGroup: Int32Array },
): Int32Array[] {
  const layers: Int32Array[] = [];
  for (const row of members) {
    for (const [i, group] of of[row]!.entries()) {
      const layer = (layers[i] ??= new Int32Array(rows).fill(-1));
      layer[row] = rowOfGroup[group]!;
    }
  }
  return layers;
}
