import { presenceBytes, type Column } from './frame';

/** What a column of cells adds up. */
type PartOf = Pick<Column, 'field' | 'rule' | 'part' | 'module'>;

const firstRows = 64;

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
    this.#rows = Math.max(rows, this.#rows * 2);
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
    const used = this.#cells.flatMap((cells, i) => (cells ? [{ cells, part: i }] : []));
    const values = new Float64Array(used.length * rows);
    const bytes = presenceBytes(rows);
    const present = new Uint8Array(used.length * bytes);
    const columns: Column[] = [];
    for (const { cells, part } of used) {
      const at = columns.length;
      const column = {
        ...this.#parts[part]!,
        values: values.subarray(at * rows, (at + 1) * rows),
        present: present.subarray(at * bytes, (at + 1) * bytes),
      };
      if (!this.#given[part]) cells.fill(NaN, 0, rows);
      else if (moveCells(cells, column)) columns.push(column);
    }
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

/** Moves what is there into the column, and blanks the cells; answers whether there was anything. */
function moveCells(cells: Float64Array, { values, present }: Pick<Column, 'values' | 'present'>): boolean {
  const rows = values.length;
  let full = 0;
  while (full < rows && cells[full] === cells[full]) full++;
  values.set(cells.subarray(0, full));
  fillBits(present, full);
  const any = moveRest(cells, { values, present }, full);
  cells.fill(NaN, 0, rows);
  return any || full > 0;
}

function beyondExact(values: Float64Array): number {
  let count = 0;
  for (let row = 0; row < values.length; row++) if (values[row]! > Number.MAX_SAFE_INTEGER) count++;
  return count;
}

function fillBits(present: Uint8Array, rows: number): void {
  present.fill(0xff, 0, rows >> 3);
  if ((rows & 7) > 0) present[rows >> 3] = 0xff >> (8 - (rows & 7));
}

function moveRest(
  cells: Float64Array,
  { values, present }: Pick<Column, 'values' | 'present'>,
  from: number,
): boolean {
  let any = false;
  for (let row = from; row < values.length; row++) {
    const value = cells[row]!;
    if (value !== value) continue;
    values[row] = value;
    present[row >> 3]! |= 1 << (row & 7);
    any = true;
  }
  return any;
}
