import { StatScanner } from '@haproxystats/haproxy';
import { columnUse } from './field-rules';
import type { Table } from './frame';
import { TableMerger } from './table-merger';
import { hashKeys } from './hash-keys';

const large = 5_000;

/** Merges processes that have so many servers. */
class Bench {
  readonly merger = new TableMerger('server', 'exact', { keys: hashKeys(0) });
  readonly #scanner = new StatScanner((name) => columnUse(name, 'exact'));

  table(servers: number, stot = 1): Table {
    const rows = Array.from({ length: servers }, (_, i) => `be,s${i},${i % 3 === 0 ? '' : stot},2\n`);
    const csv = Buffer.from(`# pxname,svname,stot,type\n${rows.join('')}`);
    const layout = this.#scanner.layoutOf(csv);
    this.merger.restart();
    this.merger.begin(layout, { alone: false, undercounts: false, isStopping: false });
    this.#scanner.begin(csv, layout);
    while (this.#scanner.next()) this.merger.add(this.#scanner.rows);
    return this.merger.take();
  }
}

function sums(table: Table, of: number): (number | undefined)[] {
  const { values, present } = table.columns.find(({ field }) => field === 'stot')!;
  return Array.from({ length: of }, (_, row) =>
    (present[row >> 3]! & (1 << (row & 7))) === 0 ? undefined : values[row],
  );
}

describe('TableMerger', () => {
  it.each([
    ['few', 10],
    ['many', large],
  ])('keeps nothing of a table of %s rows, and does not touch it again', (_, rows) => {
    const bench = new Bench();
    const first = bench.table(rows, 7);
    const second = bench.table(rows, 8);
    expect(sums(first, 4)).toEqual([undefined, 7, 7, undefined]);
    expect(sums(second, 4)).toEqual([undefined, 8, 8, undefined]);
    expect(sums(bench.table(3, 9), 3)).toEqual([undefined, 9, 9]);
    expect(first.columns.find(({ field }) => field === 'stot')!.values[0]).toBe(0);
  });

  it('is oversized when much room was long not needed', () => {
    const bench = new Bench();
    bench.table(large);
    for (let i = 0; i < 63; i++) bench.table(10);
    expect(bench.merger.isOversized).toBe(false);
    bench.table(10);
    expect(bench.merger.isOversized).toBe(true);
    bench.table(large);
    expect(bench.merger.isOversized).toBe(false);
  });

  it('is not oversized for what little room a small table takes', () => {
    const bench = new Bench();
    bench.table(2_000);
    for (let i = 0; i < 100; i++) bench.table(1);
    expect(bench.merger.isOversized).toBe(false);
  });
});
