import { presenceBytes, type Column } from './frame';

/** What a column of cells adds up. */
type PartOf = Pick<Column, 'field' | 'rule' | 'part' | 'module'>;

const firstRows = 64;
const growth = 1.5;
/** Of fewer rows the cells are copied and used again, of more they are given away: a copy costs memory, new cells cost time for each part. */
const rowsToCopy = 4_096;

/**
 * The parts of the fields of a table, while members are added: for each part a cell per row, NaN as long as nobody has said anything.
 * The parts keep their numbers until `forget`.
 */
export class PartColumns {
  readonly #parts: PartOf[] = [];
  readonly #cells: (Float64Array | undefined)[] = [];
  /** Which parts somebody has given. */
  readonly #given: boolean[] = [];
  #rows = firstRows;
  #inexact = 0;

  /** For how many rows there are cells. */
  get room(): number {
    return this.#rows;
  }

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

  /** Makes room for so many rows, and some more. */
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
    const kept = this.#keptParts(rows);
    const values = this.#release(kept, rows);
    const bytes = presenceBytes(rows);
    const present = new Uint8Array(kept.length * bytes);
    const columns = kept.map((part, i) => {
      const column = {
        ...this.#parts[part]!,
        values: values[i]!,
        present: present.subarray(i * bytes, (i + 1) * bytes),
      };
      settle(column);
      return column;
    });
    this.#given.fill(false);
    this.#inexact = columns.reduce(
      (count, { part, values }) => count + (part === 'sum' ? beyondExact(values) : 0),
      0,
    );
    return columns;
  }

  #keptParts(rows: number): number[] {
    const parts: number[] = [];
    this.#cells.forEach((cells, part) => {
      if (cells && this.#given[part] && hasAny(cells, rows)) parts.push(part);
    });
    return parts;
  }

  /** The cells of these parts; all parts are blank again then. */
  #release(kept: readonly number[], rows: number): Float64Array[] {
    const cells = kept.map((part) => this.#cells[part]!.subarray(0, rows));
    if (rows > rowsToCopy) {
      this.#cells.fill(undefined);
      this.#rows = rows;
      return cells;
    }
    const copy = new Float64Array(kept.length * rows);
    const values = cells.map((from, i) => {
      copy.set(from, i * rows);
      return copy.subarray(i * rows, (i + 1) * rows);
    });
    for (const used of this.#cells) used?.fill(NaN, 0, rows);
    return values;
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

/** Marks what is there, and makes the rest 0: most columns are full, at least at their beginning. */
function settle({ values, present }: Pick<Column, 'values' | 'present'>): void {
  const rows = values.length;
  let full = 0;
  while (full < rows && values[full] === values[full]) full++;
  present.fill(0xff, 0, full >> 3);
  if ((full & 7) > 0) present[full >> 3] = 0xff >> (8 - (full & 7));
  for (let row = full; row < rows; row++) {
    const value = values[row]!;
    if (value !== value) values[row] = 0;
    else present[row >> 3]! |= 1 << (row & 7);
  }
}

function beyondExact(values: Float64Array): number {
  let count = 0;
  for (let row = 0; row < values.length; row++) if (values[row]! > Number.MAX_SAFE_INTEGER) count++;
  return count;
}
