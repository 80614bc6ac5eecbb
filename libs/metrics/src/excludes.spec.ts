import { column } from '../../../test/support/frame-column';
import { tableOf } from '../../../test/support/frames';
import { withoutExcluded } from './excludes';
import { finishTable } from './finish';
import type { FinishedTable } from './finished';
import type { TableKind } from './frame';

const none = new Set<string>();

function finished(kind: TableKind, rows: string[], cells: (number | undefined)[]): FinishedTable {
  return finishTable(tableOf(kind, rows, [column('stot', 'sum', cells)]), 10_000);
}

function rowsOf({ proxies, servers, metrics }: FinishedTable): string[] {
  return proxies.map((proxy, row) => {
    const { values, present } = metrics[0]!;
    const cell = present[row >> 3]! & (1 << (row & 7)) ? values[row] : '-';
    return `${proxy}/${servers[row]} ${cell}`;
  });
}

describe('withoutExcluded', () => {
  it.each<[TableKind, string[]]>([
    ['frontend', ['b/ 2']],
    ['listener', ['b/ 2']],
    ['backend', ['a/ 1', 'x.y/ -']],
    ['server', ['a/ 1', 'x.y/ -']],
    ['aggregated-server', ['a/ 1', 'b/ 2', 'x.y/ -']],
    ['daemon', ['a/ 1', 'b/ 2', 'x.y/ -']],
  ])('leaves out the rows of a table of %s whose proxy is in its list', (kind, rows) => {
    const table = finished(kind, ['a', 'b', 'x.y'], [1, 2, undefined]);
    const excludes = { frontends: new Set(['a', 'x_y']), backends: new Set(['b']) };
    expect(rowsOf(withoutExcluded(table, excludes))).toEqual(rows);
  });

  it('keeps numbers and blanks with their rows, beyond the first byte of presence', () => {
    const names = Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? 'gone' : `be/s${i}`));
    const cells = names.map((_, i) => (i % 2 === 0 ? i : undefined));
    const left = withoutExcluded(finished('server', names, cells), {
      frontends: none,
      backends: new Set(['gone']),
    });
    expect(rowsOf(left)).toEqual(
      names.flatMap((name, i) => (name === 'gone' ? [] : [`${name} ${cells[i] ?? '-'}`])),
    );
  });

  it('answers the table itself where nothing is excluded', () => {
    const table = finished('backend', ['a'], [1]);
    expect(withoutExcluded(table, { frontends: new Set(['a']), backends: none })).toBe(table);
    expect(withoutExcluded(table, { frontends: none, backends: new Set(['b']) })).toBe(table);
  });
});
