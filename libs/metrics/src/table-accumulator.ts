import {
  entityKinds,
  fieldsOf,
  requestWeight,
  type EntityKind,
  type Field,
  type StatRows,
} from '@haproxystats/haproxy';
import { presenceBytes, setPresent, type Column, type Part, type Table } from './frame';
import { RowIndex } from './row-index';

/** What each rule leaves behind in a frame, besides the sum that all of them have. */
const secondPart: Readonly<Record<Field['rule'], Part | undefined>> = {
  sum: undefined,
  range: 'max',
  mean: 'count',
  requests: 'weight',
};

/** Rows of one kind, added up process by process. Cells lie row after row; a cell counts who gave it a value. */
export class TableAccumulator {
  readonly #fields: readonly Field[];
  readonly #kindCode: number;
  readonly #index: RowIndex;
  #capacity = 0;
  #sums = new Float64Array(0);
  /** The second part of a cell: count, weight or maximum, as its rule says. */
  #seconds = new Float64Array(0);
  #counts = new Uint16Array(0);

  constructor(private readonly kind: EntityKind) {
    this.#fields = fieldsOf(kind);
    this.#kindCode = entityKinds.indexOf(kind);
    this.#index = new RowIndex(kind === 'server');
  }

  /** Before the rows of another process. */
  restart(): void {
    this.#index.restart();
  }

  /** Adds the rows of this kind. */
  add(rows: StatRows): void {
    const source = this.#sourceOf(rows.columns, rows.values);
    const { kinds } = rows;
    const width = rows.columns.length;
    this.#index.read(rows);
    for (let i = 0; i < rows.count; i++) {
      if (kinds[i] !== this.#kindCode) continue;
      const row = this.#index.rowOf(i);
      if (row >= this.#capacity) this.#grow(row + 1);
      this.#addRow(row, source, i * width);
    }
  }

  /** Adds one process' `show info`: the table has a single, nameless row. */
  addNumbers(numbers: ReadonlyMap<string, number>): void {
    const columns = this.#fields.map((field) => field.name);
    const values = Float64Array.from(columns, (name) => numbers.get(name) ?? NaN);
    const row = this.#index.onlyRow();
    if (row >= this.#capacity) this.#grow(row + 1);
    this.#addRow(row, this.#sourceOf(columns, values), 0);
  }

  table(): Table {
    const { proxies, servers } = this.#index;
    const columns = this.#fields.flatMap((field, i) => this.#columns(field, i));
    return { kind: this.kind, proxies, servers, columns };
  }

  #sourceOf(columns: readonly string[], values: Float64Array): Source {
    return {
      values,
      columns: Int16Array.from(this.#fields, ({ name }) => columns.indexOf(name)),
      weight: columns.indexOf(requestWeight),
    };
  }

  /** Adds the row that begins at `from`. A blank, NaN, is no value. */
  #addRow(row: number, source: Source, from: number): void {
    const { values, columns } = source;
    const fields = this.#fields;
    const base = row * fields.length;
    for (let i = 0; i < fields.length; i++) {
      const value = values[from + columns[i]!]!;
      if (columns[i]! < 0 || value !== value) continue;
      const { rule } = fields[i]!;
      if (rule === 'requests')
        this.#addWeighted(base + i, value, source.weight < 0 ? 0 : values[from + source.weight]!);
      else this.#addCell(base + i, value, rule);
    }
  }

  #addCell(cell: number, value: number, rule: Field['rule']): void {
    const seconds = this.#seconds;
    if (rule === 'range') seconds[cell] = this.#counts[cell] ? Math.max(seconds[cell]!, value) : value;
    else if (rule === 'mean') seconds[cell]!++;
    this.#sums[cell]! += value;
    this.#counts[cell]!++;
  }

  /** A mean of a process that handled nothing says nothing. */
  #addWeighted(cell: number, value: number, weight: number): void {
    if (!(weight > 0)) return;
    this.#sums[cell]! += value * weight;
    this.#seconds[cell]! += weight;
    this.#counts[cell]!++;
  }

  #columns(field: Field, i: number): Column[] {
    const second = secondPart[field.rule];
    const sums = this.#column(field.name, 'sum', { cells: this.#sums, i });
    if (!sums) return [];
    const seconds = second && this.#column(field.name, second, { cells: this.#seconds, i });
    return seconds ? [sums, seconds] : [sums];
  }

  /** Turns cell `i` of every row into a column; nothing when no row has a value. */
  #column(field: string, part: Part, { cells, i }: { cells: Float64Array; i: number }): Column | undefined {
    const rows = this.#index.size;
    const values = new Float64Array(rows);
    const present = new Uint8Array(presenceBytes(rows));
    let any = false;
    for (let row = 0, cell = i; row < rows; row++, cell += this.#fields.length) {
      if (this.#counts[cell] === 0) continue;
      values[row] = cells[cell]!;
      setPresent(present, row);
      any = true;
    }
    return any ? { field, part, values, present } : undefined;
  }

  #grow(rows: number): void {
    this.#capacity = Math.max(rows, this.#capacity * 2, 64);
    const cells = this.#capacity * this.#fields.length;
    this.#sums = grown(Float64Array, this.#sums, cells);
    this.#seconds = grown(Float64Array, this.#seconds, cells);
    this.#counts = grown(Uint16Array, this.#counts, cells);
  }
}

interface Source {
  readonly values: Float64Array;
  /** For each field where it stands in a row; -1 when HAProxy does not print it. */
  readonly columns: Int16Array;
  /** Where the weight of means stands in a row. */
  readonly weight: number;
}

function grown<T extends { set(from: T): void }>(
  Array: new (length: number) => T,
  old: T,
  length: number,
): T {
  const array = new Array(length);
  array.set(old);
  return array;
}
