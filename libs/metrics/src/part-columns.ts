import type { Part, Rule } from '@haproxystats/haproxy';
import { presenceBytes, type Column } from './frame';

/** What a column of cells adds up. */
interface PartOf {
  readonly field: string;
  readonly rule: Rule;
  readonly part: Part;
}

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

  /** How many parts there are. */
  get size(): number {
    return this.#parts.length;
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
      else if (moveCells(cells, column) > 0) columns.push(column);
      this.#given[part] = false;
    }
    return columns;
  }
}

function blankCells(rows: number, first: Float64Array = new Float64Array(0)): Float64Array {
  const cells = new Float64Array(rows).fill(NaN, first.length);
  cells.set(first);
  return cells;
}

/** Moves what is there into the column; answers how many cells that were. */
function moveCells(cells: Float64Array, { values, present }: Pick<Column, 'values' | 'present'>): number {
  const rows = values.length;
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const value = cells[row]!;
    if (value !== value) continue;
    cells[row] = NaN;
    values[row] = value;
    present[row >> 3]! |= 1 << (row & 7);
    count++;
  }
  return count;
}
