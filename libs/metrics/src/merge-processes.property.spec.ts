import { allSemantics, type Semantics } from '@haproxystats/haproxy';
import fc from 'fast-check';
import {
  arbitraryProcess as process,
  arbitraryProcesses as processes,
  expectClose,
} from '../../../test/support/arbitrary-processes';
import {
  cellsOfTables,
  plainMerge,
  textOf,
  type PlainCells,
  type PlainProcess,
} from '../../../test/support/plain-merge';
import type { Table } from './frame';
import { ProcessMerger } from './merge-processes';
import { mergeTables, regroup } from './regroup';

function merge(all: readonly PlainProcess[], semantics: Semantics): readonly Table[] {
  const merged = new ProcessMerger({ semantics, now: () => 0 }).merge(all.map(textOf), {
    expected: all.length,
  });
  expect(merged.unusable).toEqual([]);
  return merged.tables;
}

describe.each(allSemantics)('merging processes, %s,', (semantics) => {
  it('gives what a slow and plain merge gives', () => {
    fc.assert(
      fc.property(processes, (all) =>
        expectClose(cellsOfTables(merge(all, semantics)), plainMerge(all, semantics)),
      ),
      { numRuns: 200 },
    );
  });

  it('does not care for the order of processes and rows', () => {
    fc.assert(
      fc.property(processes, (all) => {
        const back = all.toReversed().map((each) => ({ ...each, rows: each.rows.toReversed() }));
        expectClose(cellsOfTables(merge(back, semantics)), cellsOfTables(merge(all, semantics)));
      }),
      { numRuns: 100 },
    );
  });
});

/** The tables of two frames of one node or of two. */
function together(a: readonly Table[], b: readonly Table[]): Table[] {
  const kinds = new Set([...a, ...b].map(({ kind }) => kind));
  return [...kinds].map((kind) => {
    const [first, second] = [a, b].map((tables) => tables.find((table) => table.kind === kind));
    return first && second ? mergeTables(first, second) : (first ?? second)!;
  });
}

/** Of servers that only some processes have, the largest count is all that can be said. */
function withoutCounts(cells: PlainCells): PlainCells {
  return Object.fromEntries(Object.entries(cells).filter(([key]) => !key.includes('TotalServers')));
}

describe('merging tables', () => {
  const groups = fc
    .tuple(processes, processes, processes)
    .map((some) =>
      some.map((all, group) => all.map((each) => ({ ...each, process: `${each.process}.${group}` }))),
    );

  it('gives what merging all processes at once gives', () => {
    fc.assert(
      fc.property(groups, (some) => {
        const tables = some.map((all) => merge(all, 'exact')).reduce(together);
        const expected = plainMerge(some.flat(), 'exact');
        expectClose(withoutCounts(cellsOfTables(tables)), withoutCounts(expected));
      }),
      { numRuns: 100 },
    );
  });

  it('does not care for the order, or what is merged first', () => {
    fc.assert(
      fc.property(groups, (some) => {
        const [a = [], b = [], c = []] = some.map((all) => merge(all, 'exact'));
        const cells = cellsOfTables(together(together(a, b), c));
        expectClose(cellsOfTables(together(a, together(b, c))), cells);
        expectClose(cellsOfTables(together(together(c, a), b)), cells);
      }),
      { numRuns: 100 },
    );
  });

  it('of the original gives what it gives at once, where all processes print the same columns', () => {
    fc.assert(
      fc.property(process('p'), fc.integer({ min: 0, max: 12 }), (all, cut) => {
        const rows = [all.rows.slice(0, cut), all.rows.slice(cut)];
        const halves = rows.map((some, i) => ({ ...all, process: `p${i}`, rows: some }));
        const tables = halves.map((half) => merge([half], 'classic')).reduce(together);
        const expected = plainMerge(halves, 'classic');
        expectClose(withoutCounts(cellsOfTables(tables)), withoutCounts(expected));
      }),
      { numRuns: 100 },
    );
  });
});

describe('regrouping a table', () => {
  const serversOf = (all: readonly PlainProcess[]) =>
    merge(all, 'exact').find(({ kind }) => kind === 'server');

  it('changes nothing where no name changes', () => {
    fc.assert(
      fc.property(processes.map(serversOf), (table) => {
        if (!table) return;
        const same = regroup(table, (proxy, server) => ({ proxy, server }));
        expect(cellsOfTables([same])).toEqual(cellsOfTables([table]));
        expect([same.proxies, same.servers]).toEqual([table.proxies, table.servers]);
      }),
      { numRuns: 50 },
    );
  });

  it('gives what merging rows that had these names gives', () => {
    fc.assert(
      fc.property(processes, (all) => {
        const renamed = all.map((each) => ({
          ...each,
          rows: each.rows.map((row) => ({ ...row, pxname: 'x' })),
        }));
        const table = serversOf(all);
        const actual = table && regroup(table, (_, server) => ({ proxy: 'x', server }));
        const expected = serversOf(renamed);
        expectClose(cellsOfTables(actual ? [actual] : []), cellsOfTables(expected ? [expected] : []));
      }),
      { numRuns: 100 },
    );
  });

  it('leaves out rows without a name', () => {
    fc.assert(
      fc.property(processes.map(serversOf), (table) => {
        if (!table) return;
        const left = regroup(table, (proxy, server) => (proxy === 'c' ? undefined : { proxy, server }));
        const expected = Object.entries(cellsOfTables([table])).filter(
          ([key]) => !key.startsWith('server c/'),
        );
        expect(cellsOfTables([left])).toEqual(Object.fromEntries(expected));
      }),
      { numRuns: 50 },
    );
  });
});
