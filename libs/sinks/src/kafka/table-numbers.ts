import type { FinishedTable, Metric } from '@haproxystats/metrics';

type NamedColumn = Pick<Metric, 'name' | 'values' | 'present'>;

/** The numbers of a finished table, row by row. */
export class TableNumbers {
  readonly columns: readonly NamedColumn[];
  /** How many there are in each row. */
  readonly counts: Uint16Array;

  /** Where two columns have one name, such as a field `X_max` beside the largest of `X`, the first counts. */
  constructor({ metrics, proxies }: Pick<FinishedTable, 'metrics' | 'proxies'>) {
    const names = new Set<string>();
    const distinct = metrics.filter(({ name }) => !names.has(name) && names.add(name));
    this.columns = distinct.map(finiteOnly);
    this.counts = new Uint16Array(proxies.length);
    for (const column of this.columns) count(column, this.counts);
  }

  /** Of one row, by their names. */
  of(row: number): ReadonlyMap<string, number> {
    return new RowMetrics(this, row);
  }
}

/** They stay in their columns: a map of its own is made only for who asks for more than `forEach` and `size`. */
class RowMetrics implements ReadonlyMap<string, number> {
  #made: Map<string, number> | undefined;

  constructor(
    private readonly table: TableNumbers,
    private readonly row: number,
  ) {}

  get size(): number {
    return this.table.counts[this.row]!;
  }

  forEach(take: (value: number, name: string, map: ReadonlyMap<string, number>) => void): void {
    const { row } = this;
    const byte = row >> 3;
    const bit = 1 << (row & 7);
    for (const { name, values, present } of this.table.columns) {
      if ((present[byte]! & bit) !== 0) take(values[row]!, name, this);
    }
  }

  get(name: string): number | undefined {
    return this.#map.get(name);
  }

  has(name: string): boolean {
    return this.#map.has(name);
  }

  keys(): MapIterator<string> {
    return this.#map.keys();
  }

  values(): MapIterator<number> {
    return this.#map.values();
  }

  entries(): MapIterator<[string, number]> {
    return this.#map.entries();
  }

  [Symbol.iterator](): MapIterator<[string, number]> {
    return this.entries();
  }

  get #map(): Map<string, number> {
    if (this.#made) return this.#made;
    const map = new Map<string, number>();
    this.forEach((value, name) => map.set(name, value));
    return (this.#made = map);
  }
}

/** Neither JSON nor all readers of Avro know numbers that are not finite: they never go out. */
function finiteOnly(column: NamedColumn): NamedColumn {
  const { values } = column;
  let present = column.present;
  for (let row = 0; row < values.length; row++) {
    if (Number.isFinite(values[row])) continue;
    if (present === column.present) present = present.slice();
    present[row >> 3]! &= ~(1 << (row & 7));
  }
  return { ...column, present };
}

function count({ present }: NamedColumn, counts: Uint16Array): void {
  for (let row = 0; row < counts.length; row++) counts[row]! += (present[row >> 3]! >> (row & 7)) & 1;
}
