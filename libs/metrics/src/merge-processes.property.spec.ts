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
import { mergeTables } from './regroup';

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

/** A process that prints some of the columns, in any order, for rows with few names. */
const process = (name: string): fc.Arbitrary<PlainProcess> =>
  fc
    .shuffledSubarray(
      [...new Set(stat.map((field) => field.name))].filter((column) => !fixed.includes(column)),
      { maxLength: 30 },
    )
    .chain((some) => {
      const columns = [...some.slice(0, some.length / 2), ...fixed, ...some.slice(some.length / 2)];
      const row = fc.record(
        Object.fromEntries([
          ['pxname', fc.constantFrom('a.b', 'a_b', 'c')],
          ['svname', fc.constantFrom('s.1', 's_1', 't')],
          ['type', fc.constantFrom('0', '1', '2', '2', '3')],
          ...some.map((column) => [column, texts[column] ?? (isText(column) ? word : cell)] as const),
        ]),
      );
      return fc.record({
        process: fc.constant(name),
        info: info,
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
  const merged = new ProcessMerger({ semantics, now: () => 0 }).merge(all.map(textOf));
  expect(merged.unusable).toEqual([]);
  return merged.tables;
}

/** Sums of products are not associative in the last bits. */
function expectClose(actual: PlainCells, expected: PlainCells): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [key, value] of Object.entries(expected)) {
    const other = actual[key];
    const error =
      typeof value === 'number' ? Math.abs(Number(other) - value) / Math.max(1, Math.abs(value)) : 0;
    if (!(error < 1e-12) || typeof other !== typeof value || (typeof value === 'string' && other !== value))
      expect({ [key]: other }).toEqual({ [key]: value });
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
