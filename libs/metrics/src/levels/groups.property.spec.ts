import { allSemantics, type Semantics } from '@haproxystats/haproxy';
import fc from 'fast-check';
import { arbitraryProcesses, expectClose } from '../../../../test/support/arbitrary-processes';
import {
  cellsOfTables,
  plainMerge,
  textOf,
  type PlainCells,
  type PlainProcess,
} from '../../../../test/support/plain-merge';
import type { Table } from '../frame';
import { ProcessMerger } from '../merge-processes';
import { mergeTables } from '../regroup';
import { groupTables, withGroups, type GroupedKind, type Grouping } from './groups';

type Row = Readonly<Record<string, string>>;

/** Which names belong to a group; several groups can have a name. */
interface Group {
  readonly name: string;
  readonly members: readonly string[];
}

const types: Readonly<Record<GroupedKind, string>> = { frontend: '0', backend: '1', server: '2' };
const kinds = Object.keys(types) as GroupedKind[];

const groupsOf = (names: readonly string[]): fc.Arbitrary<readonly Group[]> =>
  fc
    .array(fc.subarray([...names]), { maxLength: 3 })
    .map((all) => all.map((members, i) => ({ name: `g${i}`, members })));

const groups = fc.record({
  frontend: groupsOf(['a.b', 'a_b', 'c']),
  backend: groupsOf(['a.b', 'a_b', 'c']),
  server: groupsOf(['s.1', 's_1', 't']),
});

type Groups = Readonly<Record<GroupedKind, readonly Group[]>>;

function groupingBy(all: Groups): Grouping {
  const of = (some: readonly Group[]) => ({
    names: some.map(({ name }) => name),
    of: (names: readonly string[]) =>
      names.map((name) => some.flatMap(({ members }, i) => (members.includes(name) ? [i] : []))),
  });
  return {
    groups: { frontend: of(all.frontend), backend: of(all.backend), server: of(all.server) },
    excludes: { frontends: new Set(), backends: new Set() },
  };
}

function tablesOf(processes: readonly PlainProcess[], semantics: Semantics): readonly Table[] {
  const merger = new ProcessMerger({ semantics, now: () => 0 });
  return merger.merge(processes.map(textOf), { expected: processes.length }).tables;
}

function groupCells(processes: readonly PlainProcess[], all: Groups, semantics: Semantics): PlainCells {
  const tables = withGroups(tablesOf(processes, semantics), groupingBy(all));
  const own: readonly string[] = kinds.map((kind) => groupTables[kind].kind);
  return cellsOfTables(tables.filter(({ kind }) => own.includes(kind)));
}

/** What merging gives where each member had the group's name from the start, for each group alone. */
function plainCells(processes: readonly PlainProcess[], all: Groups, semantics: Semantics): PlainCells {
  const cells: PlainCells = {};
  for (const kind of kinds)
    for (const group of all[kind]) Object.assign(cells, cellsOfGroup(processes, { kind, group }, semantics));
  return cells;
}

function cellsOfGroup(
  processes: readonly PlainProcess[],
  { kind, group }: { readonly kind: GroupedKind; readonly group: Group },
  semantics: Semantics,
): PlainCells {
  const renamed = (row: Row): Row[] =>
    row['type'] === types[kind] && group.members.includes(nameOf(kind, row))
      ? [{ ...row, pxname: group.name, svname: '' }]
      : [];
  const members = processes.map((process) => ({ ...process, rows: process.rows.flatMap(renamed) }));
  const cells = Object.entries(plainMerge(members, semantics)).filter(([key]) => key.startsWith(`${kind} `));
  return Object.fromEntries(cells.map(([key, value]) => [key.replace(kind, groupTables[kind].kind), value]));
}

function nameOf(kind: GroupedKind, row: Row): string {
  return row[kind === 'server' ? 'svname' : 'pxname']!;
}

/** It is counted in another way: see below. */
function withoutCounts(cells: PlainCells): PlainCells {
  return Object.fromEntries(Object.entries(cells).filter(([key]) => !key.includes('TotalServers')));
}

describe('groups', () => {
  it('are what a slow and plain merge makes of members that had one name', () => {
    fc.assert(
      fc.property(arbitraryProcesses, groups, (processes, all) => {
        expectClose(
          withoutCounts(groupCells(processes, all, 'exact')),
          withoutCounts(plainCells(processes, all, 'exact')),
        );
      }),
      { numRuns: 200 },
    );
  });

  it.each(allSemantics)('do not care for the order of processes and rows, %s', (semantics) => {
    fc.assert(
      fc.property(arbitraryProcesses, groups, (processes, all) => {
        const back = processes.toReversed().map((each) => ({ ...each, rows: each.rows.toReversed() }));
        expectClose(groupCells(back, all, semantics), groupCells(processes, all, semantics));
      }),
      { numRuns: 100 },
    );
  });

  it('count each server of their backends once', () => {
    fc.assert(
      fc.property(arbitraryProcesses, groups, (processes, all) => {
        const rows = processes.flatMap((process) => process.rows);
        const cells = groupCells(processes, all, 'exact');
        const backends = new Set(
          rows.filter(({ type }) => type === types.backend).map((row) => row['pxname']!),
        );
        for (const { name, members } of all.backend) {
          const own = rows.filter(
            ({ type, pxname }) => type === types.server && members.includes(pxname!) && backends.has(pxname!),
          );
          const servers = new Set(own.map(({ pxname, svname }) => `${pxname!}/${svname!}`));
          const isThere = members.some((member) => backends.has(member));
          expect(cells[`backend-group ${name}/ TotalServers max`]).toBe(isThere ? servers.size : undefined);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('of two nodes merged are those of the processes of both', () => {
    fc.assert(
      fc.property(arbitraryProcesses, arbitraryProcesses, groups, (a, b, all) => {
        const [first, second] = [a, b].map((node) =>
          withGroups(tablesOf(node, 'exact'), groupingBy(all)).filter(({ kind }) => kind.endsWith('-group')),
        );
        const together = [...new Set([...first!, ...second!].map(({ kind }) => kind))].map((kind) => {
          const [x, y] = [first, second].map((tables) => tables!.find((table) => table.kind === kind));
          return x && y ? mergeTables(x, y) : (x ?? y)!;
        });
        const both = [...a, ...b.map((each) => ({ ...each, process: `${each.process}.b` }))];
        expectClose(withoutCounts(cellsOfTables(together)), withoutCounts(plainCells(both, all, 'exact')));
      }),
      { numRuns: 100 },
    );
  });
});
