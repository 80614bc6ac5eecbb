import { presenceBytes, type Column } from './frame';

/** What a column of cells adds up. */
type PartOf = Pick<Column, 'field' | 'rule' | 'part' | 'module'>;

const firstRows = 64;
const growth = 1.5;

/**
 * The parts of the fields of a table, while members are added: for each part a cell per row, NaN as long as nobody has said anything.
 * The cells are used again after `take`; the parts keep their numbers until `forget`.
 */
export class PartColumns {
  readonly #parts: PartOf[] = [];
  readonly #cells: (Float64Array | undefined)[] = [];
  /** Which parts somebody has given. */
  readonly #given: boolean[] = [];
  #rows = firstRows;
  #inexact = 0;

  /** How many parts there are. */
  get size(): number {
    return this.#parts.length;
  }

  /** Sums in the columns last taken that are beyond 2^53, where not every number is there. */
  get inexact(): number {
    return this.#inexact;
  }

  /** Adds a part; answers its number. */
  add(part: PartOf): number {
    this.#cells.push(undefined);
    this.#given.push(false);
    return this.#parts.push(part) - 1;
  }

  /** Forgets all parts from this one on. Only between `take` and the next row. */
  forget(from: number): void {
    this.#parts.length = this.#cells.length = this.#given.length = Math.min(from, this.size);
  }

  /** Makes room for so many rows. */
  reserve(rows: number): void {
    if (rows <= this.#rows) return;
    this.#rows = Math.max(rows, Math.ceil(this.#rows * growth));
    this.#cells.forEach((cells, i) => {
      if (cells) this.#cells[i] = blankCells(this.#rows, cells);
    });
  }

  /** A member prints the field of this part. */
  give(part: number): void {
    this.#given[part] = true;
  }

  /** Where a part is added up; good until the next `reserve`. */
  cells(part: number): Float64Array {
    return (this.#cells[part] ??= blankCells(this.#rows));
  }

  /** The columns of the first `rows` rows; those that nobody gave, or that are blank in every row, are left out. All is blank again then. */
  take(rows: number): Column[] {
    const used = this.#cells.flatMap((cells, part) => (cells ? [{ cells, part }] : []));
    const kept = used.filter(({ cells, part }) => this.#given[part] && hasAny(cells, rows));
    const bytes = presenceBytes(rows);
    const values = new Float64Array(kept.length * rows);
    const present = new Uint8Array(kept.length * bytes);
    const columns = kept.map(({ cells, part }, i) => {
      const column = {
        ...this.#parts[part]!,
        values: values.subarray(i * rows, (i + 1) * rows),
        present: present.subarray(i * bytes, (i + 1) * bytes),
      };
      copyCells(cells, column);
      return column;
    });
    for (const { cells } of used) cells.fill(NaN, 0, rows);
    this.#given.fill(false);
    this.#inexact = columns.reduce(
      (count, { part, values }) => count + (part === 'sum' ? beyondExact(values) : 0),
      0,
    );
    return columns;
  }
}

function blankCells(rows: number, first: Float64Array = new Float64Array(0)): Float64Array {
  const cells = new Float64Array(rows).fill(NaN, first.length);
  cells.set(first);
  return cells;
}

function hasAny(cells: Float64Array, rows: number): boolean {
  for (let row = 0; row < rows; row++) if (cells[row] === cells[row]) return true;
  return false;
}

/** Copies what is there into the column: most columns are full, at least at their beginning. */
function copyCells(cells: Float64Array, { values, present }: Pick<Column, 'values' | 'present'>): void {
  const rows = values.length;
  let full = 0;
  while (full < rows && cells[full] === cells[full]) full++;
  values.set(cells.subarray(0, full));
  present.fill(0xff, 0, full >> 3);
  if ((full & 7) > 0) present[full >> 3] = 0xff >> (8 - (full & 7));
  for (let row = full; row < rows; row++) {
    const value = cells[row]!;
    if (value !== value) continue;
    values[row] = value;
    present[row >> 3]! |= 1 << (row & 7);
  }
}

function beyondExact(values: Float64Array): number {
  let count = 0;
  for (let row = 0; row < values.length; row++) if (values[row]! > Number.MAX_SAFE_INTEGER) count++;
  return count;
}
