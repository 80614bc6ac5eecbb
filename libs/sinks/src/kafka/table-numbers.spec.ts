import { column } from '../../../../test/support/frame-column';
import { TableNumbers } from './table-numbers';

const named = (name: string, cells: readonly (number | undefined)[]) => ({
  ...column('stot', 'sum', cells),
  name,
});

describe('TableNumbers', () => {
  const numbers = new TableNumbers({
    proxies: ['x', 'y', 'z'],
    metrics: [
      named('a', [1, undefined, 3]),
      named('b', [Infinity, 5, 6]),
      named('a', [8, 8, 8]),
      named('c', [NaN, undefined, 0]),
    ],
  });

  it.each<[number, Record<string, number>]>([
    [0, { a: 1 }],
    [1, { b: 5 }],
    [2, { a: 3, b: 6, c: 0 }],
  ])('gives of row %i a map of its finite numbers, whichever way it is read', (row, expected) => {
    const metrics = numbers.of(row);
    const pairs = Object.entries(expected);
    const seen: [string, number][] = [];
    metrics.forEach((value, name, map) => {
      seen.push([name, value]);
      expect(map).toBe(metrics);
    });
    expect(seen).toEqual(pairs);
    expect([...metrics]).toEqual(pairs);
    expect([...metrics.entries()]).toEqual(pairs);
    expect([...metrics.keys()]).toEqual(Object.keys(expected));
    expect([...metrics.values()]).toEqual(Object.values(expected));
    expect(metrics.size).toBe(pairs.length);
    for (const [name, value] of pairs) expect([metrics.has(name), metrics.get(name)]).toEqual([true, value]);
    expect([metrics.has('d'), metrics.get('d')]).toEqual([false, undefined]);
  });
});
