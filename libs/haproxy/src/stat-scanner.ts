import { rowKinds } from './field';
import { CellReader, exactDigits } from './cell-reader';
import { batchRows, parseStatHeader, stride, type ColumnUse, type StatLayout } from './stat-header';

/**
 * Some rows of a `show stat` CSV, in columns: the cell of row `r` in number column `i` is `values[i * stride + r]`, that in text column
 * `i` the bytes from `starts[i * stride + r]` up to `ends[...]` of `text`.
 */
export interface StatRows {
  readonly layout: StatLayout;
  readonly text: Buffer;
  readonly count: number;
  /** Index into `rowKinds`. */
  readonly kinds: Uint8Array;
  /** NaN where HAProxy printed nothing (not applicable, no limit) or no number. A column behind `numbers` is all NaN. */
  readonly values: Float64Array;
  /** Without the quotes around it; a doubled quote in it stays doubled. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** Longer names than this are no names; HAProxy's own limit on a line of its configuration is 2,048. */
const maxNameBytes = 1_024;
/** Headers that are remembered: the HAProxy versions of a fleet. */
const maxLayouts = 16;

/** So many bad rows are read among fewer good ones; a text that has more is not read on: hardly any of it would be of use. */
export const maxBadRows = 10_000;

/** What HAProxy's column `type` can be: less than this. */
const types = rowKinds.length;

/** What is left of a comma when the digit 0 is taken from it. */
const commaDigit = -4;
const comma = 0x2c;
const newline = 0x0a;
const quote = 0x22;
const zero = 0x30;

/**
 * Scans `show stat` straight into arrays, some rows at a time: one pass, no object or string per cell. The arrays are its own and are
 * used again: what `rows` holds is good until the next call of `next`.
 *
 *     scanner.begin(csv, scanner.layoutOf(csv));
 *     while (scanner.next()) use(scanner.rows);
 */
export class StatScanner {
  readonly #layouts: StatLayout[] = [];
  readonly #reader = new CellReader();
  #layout: StatLayout = {
    header: Buffer.alloc(0),
    columns: 0,
    cells: new Int32Array(0),
    numbers: [],
    own: 0,
    texts: [],
  };
  #text: Buffer = Buffer.alloc(0);
  #at = 0;
  /** How many columns the last row that was scanned has. */
  #width = 0;
  #count = 0;
  #goodRows = 0;
  readonly #kinds = new Uint8Array(batchRows);
  #values = new Float64Array(0);
  #starts = new Uint32Array(0);
  #ends = new Uint32Array(0);
  #badRows = 0;
  #isGivenUp = false;

  /** `useOf`: what to keep of a column, asked once per header and column. */
  constructor(private readonly useOf: (name: string) => ColumnUse) {}

  /** Rows left out since `begin`: of no known type, with a name that is none, or with more fields than the header. */
  get badRows(): number {
    return this.#badRows;
  }

  /** The rest of the text is not read, because there are more bad rows than good ones, and more than `maxBadRows`. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** Numbers since `begin` that are too large to be exact: beyond 2^53. */
  get inexact(): number {
    return this.#reader.inexact;
  }

  /** The rows of the last `next`. */
  get rows(): StatRows {
    return {
      layout: this.#layout,
      text: this.#text,
      count: this.#count,
      kinds: this.#kinds,
      values: this.#values,
      starts: this.#starts,
      ends: this.#ends,
    };
  }

  /** Where the columns of this text go. Throws StatFormatError when it is no such CSV. */
  layoutOf(csv: Buffer): StatLayout {
    const known = this.#layouts.find(
      ({ header }) =>
        csv.length >= header.length && csv.compare(header, 0, header.length, 0, header.length) === 0,
    );
    if (known) return known;
    const layout = parseStatHeader(csv, this.useOf);
    if (this.#layouts.length >= maxLayouts) this.#layouts.shift();
    this.#layouts.push(layout);
    return layout;
  }

  /** Begins a text with such a header. */
  begin(csv: Buffer, layout: StatLayout): void {
    this.#layout = layout;
    // Reading behind the end of an array is slow, and this way never needed.
    this.#text = csv.at(-1) === newline ? csv : Buffer.concat([csv, Buffer.of(newline)]);
    this.#at = layout.header.length;
    this.#goodRows = 0;
    this.#badRows = 0;
    this.#isGivenUp = false;
    this.#reader.begin(this.#text);
    this.#reserve(layout);
  }

  /** Scans the next rows; false where there are none. */
  next(): boolean {
    this.#values.fill(NaN);
    this.#starts.fill(0);
    this.#ends.fill(0);
    const text = this.#text;
    let row = 0;
    while (row < batchRows && this.#at < text.length && !this.#isGivenUp) {
      if (text[this.#at] === newline) this.#at++;
      else if (this.#scanRow(row) && this.#isRow(row)) row++;
      else this.#dropRow(row);
    }
    this.#count = row;
    this.#goodRows += row;
    return row > 0;
  }

  /** A column more than there are numbers, which stays blank, and one more than there are texts, for what is not kept. */
  #reserve({ numbers, texts }: StatLayout): void {
    const cells = (numbers.length + 1) * stride;
    if (this.#values.length !== cells) this.#values = new Float64Array(cells);
    const ranges = (texts.length + 1) * stride;
    if (this.#starts.length === ranges) return;
    this.#starts = new Uint32Array(ranges);
    this.#ends = new Uint32Array(ranges);
  }

  /** Scans up to and with the end of the line; answers whether it has no more fields than the header. */
  #scanRow(row: number): boolean {
    const text = this.#text;
    const values = this.#values;
    const { cells, columns } = this.#layout;
    let at = this.#at;
    for (let column = 0; column < columns; column++, at++) {
      let value = text[at]! - zero;
      if (value === commaDigit) continue;
      const cell = cells[column]!;
      if (cell >= 0 && value >>> 0 < 10) {
        const start = at;
        let digit = text[++at]! - zero;
        while (digit >>> 0 < 10) {
          value = value * 10 + digit;
          digit = text[++at]! - zero;
        }
        if (digit === commaDigit && at - start <= exactDigits) {
          values[cell + row] = value;
          continue;
        }
        at = start;
      }
      at = this.#readCell(at, cell, row);
      if (text[at] === newline) {
        this.#at = at + 1;
        this.#width = column + 1;
        return true;
      }
    }
    this.#at = this.#reader.lineEnd(at) + 1;
    this.#width = columns;
    return false;
  }

  /** Any cell but a plain number; answers the comma or line end behind it. */
  #readCell(start: number, cell: number, row: number): number {
    const text = this.#text;
    let byte = text[start]!;
    if (cell >= 0 || byte === quote) return this.#readRare(start, cell, row);
    let end = start;
    while (byte !== comma && byte !== newline) byte = text[++end]!;
    this.#starts[row - 1 - cell] = start;
    this.#ends[row - 1 - cell] = end;
    return end;
  }

  #readRare(start: number, cell: number, row: number): number {
    const reader = this.#reader;
    const end = reader.fieldEnd(start);
    const from = reader.contentStart(start);
    const to = reader.contentEnd(start, end);
    if (cell >= 0) this.#values[cell + row] = reader.number(from, to);
    else {
      this.#starts[row - 1 - cell] = from;
      this.#ends[row - 1 - cell] = to;
    }
    return end;
  }

  #isRow(row: number): boolean {
    const type = this.#values[row]!;
    this.#kinds[row] = type;
    return this.#kinds[row] === type && type < types && this.#isName(row) && this.#isName(stride + row);
  }

  #isName(cell: number): boolean {
    const length = this.#ends[cell]! - this.#starts[cell]!;
    return length > 0 && length <= maxNameBytes;
  }

  /** Leaves nothing of a row for the next one. What it did not reach is blank: most of a wide header's columns, where the row is short. */
  #dropRow(row: number): void {
    const { cells } = this.#layout;
    for (let column = 0; column < this.#width; column++) {
      const cell = cells[column]!;
      if (cell >= 0) this.#values[cell + row] = NaN;
      else this.#starts[row - 1 - cell] = this.#ends[row - 1 - cell] = 0;
    }
    this.#badRows++;
    this.#isGivenUp = this.#badRows > maxBadRows && this.#badRows > this.#goodRows + row;
  }
}
