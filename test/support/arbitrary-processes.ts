import { fields } from '@haproxystats/haproxy';
import fc from 'fast-check';
import type { PlainCells, PlainProcess } from './plain-merge';

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
export const arbitraryProcess = (name: string): fc.Arbitrary<PlainProcess> =>
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

/** The processes of a node. */
export const arbitraryProcesses = fc
  .integer({ min: 1, max: 4 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, i) => arbitraryProcess(`/run/p${i}`))));

/** Whole numbers are exact; sums of others are not associative in the last bits. */
function isClose(actual: number | string | undefined, expected: number | string): boolean {
  if (typeof expected !== 'number' || typeof actual !== 'number') return actual === expected;
  if (Number.isSafeInteger(expected)) return actual === expected;
  return Math.abs(actual - expected) <= 1e-12 * Math.abs(expected);
}

/** Whether the cells are the same, but for the last bits of sums of fractions. */
export function expectClose(actual: PlainCells, expected: PlainCells): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [key, value] of Object.entries(expected)) {
    if (!isClose(actual[key], value)) expect({ [key]: actual[key] }).toEqual({ [key]: value });
  }
}
