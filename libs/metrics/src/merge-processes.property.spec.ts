import { fields, allSemantics, type Semantics } from '@haproxystats/haproxy';
import fc from 'fast-check';
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

const fixed = ['pxname', 'svname', 'type'];
const stat = fields.filter(({ kinds }) => !kinds.includes('daemon') && !kinds.includes('nameserver'));
const texts: Readonly<Record<string, fc.Arbitrary<string>>> = {
  status: fc.constantFrom(
    '',
    'UP',
    'UP 1/3',
    'DOWN',
    'DOWN 1/2',
    'MAINT',
    'MAINT (via be/s)',
    'no check',
    'OPEN',
    '?',
  ),
  check_status: fc.constantFrom('', 'L4OK', '* L4OK', 'L7STS', 'L4CON', 'L4TOUT', 'INI'),
  agent_status: fc.constantFrom('', 'L7OK', 'L4TOUT'),
  mode: fc.constantFrom('', 'http', 'tcp', 'health'),
};
const word = fc.constantFrom('', 'a', 'b', 'a b', '\xe9');
const number = fc.oneof(
  { arbitrary: fc.nat(1000), weight: 4 },
  fc.nat(2 ** 40),
  fc.constantFrom(0, -1, 511, 512, 513),
);
const cell = fc.oneof({ arbitrary: number.map(String), weight: 4 }, fc.constant(''), fc.constant('text'));

function isText(name: string): boolean {
  return fields.some(
    (field) => field.name === name && ['text', 'worst', 'status'].includes(field.exact.processes),
  );
}

/** Columns that depend on each other, or that rules treat in a way of their own; the others are like some of them. */
const special =
  'status check_status check_code last_chk agent_status agent_desc mode addr rtime req_tot hrsp_2xx lbtot stot weight throttle slim smax lastchg'.split(
    ' ',
  );
const others = [...new Set(stat.map(({ name }) => name))].filter(
  (name) => !special.includes(name) && !fixed.includes(name),
);

/** A process that prints some of the columns, in any order, for rows with few names. */
const process = (name: string): fc.Arbitrary<PlainProcess> =>
  fc
    .tuple(fc.subarray(special), fc.subarray(others, { maxLength: 10 }))
    .chain((some) => fc.shuffledSubarray([...fixed, ...some.flat()], { minLength: 3 + some.flat().length }))
    .chain((columns) => {
      const row = fc.record(
        Object.fromEntries([
          ...columns.map((column) => [column, texts[column] ?? (isText(column) ? word : cell)] as const),
          ['pxname', fc.constantFrom('a.b', 'a_b', 'c')],
          ['svname', fc.constantFrom('s.1', 's_1', 't')],
          ['type', fc.constantFrom('0', '1', '2', '2', '3')],
        ]),
      );
      return fc.record({
        process: fc.constant(name),
        info,
        columns: fc.constant(columns),
        rows: fc.array(row as fc.Arbitrary<Record<string, string>>, { maxLength: 12 }),
      });
    });

const lines = fields.filter(({ kinds }) => kinds.includes('daemon'));
const info: fc.Arbitrary<Record<string, string>> = fc
  .subarray(lines.map(({ name, alias }) => alias ?? name).filter((name) => name !== 'Version'))
  .chain((names) =>
    fc.record({
      ...Object.fromEntries(
        names.map((name) => [name, isText(name) ? fc.constantFrom('x', 'y') : fc.nat(10_000).map(String)]),
      ),
      Tasks: fc.constant('5'),
      Nbthread: fc.constantFrom('1', '4'),
      Version: fc.constantFrom('1.8.0', '2.6.12-1', '3.4'),
    }),
  );

const processes = fc
  .integer({ min: 1, max: 4 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, i) => process(`/run/p${i}`))));

function merge(all: readonly PlainProcess[], semantics: Semantics): readonly Table[] {
  const merged = new ProcessMerger({ semantics, now: () => 0 }).merge(all.map(textOf), {
    expected: all.length,
  });
  expect(merged.unusable).toEqual([]);
  return merged.tables;
}

/** Whole numbers are exact; sums of others are not associative in the last bits. */
function isClose(actual: number | string | undefined, expected: number | string): boolean {
  if (typeof expected !== 'number' || typeof actual !== 'number') return actual === expected;
  if (Number.isSafeInteger(expected)) return actual === expected;
  return Math.abs(actual - expected) <= 1e-12 * Math.abs(expected);
}

function expectClose(actual: PlainCells, expected: PlainCells): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [key, value] of Object.entries(expected)) {
    if (!isClose(actual[key], value)) expect({ [key]: actual[key] }).toEqual({ [key]: value });
  }
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
