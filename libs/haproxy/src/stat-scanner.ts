import {
  entityType,
  parseStatHeader,
  proxyName,
  skip,
  StatFormatError,
  type StatHeader,
} from './stat-header';

/** The rows of one `show stat` CSV, as arrays: row `i` has its numbers in `values[i * width, (i + 1) * width)`. */
export interface StatRows {
  readonly count: number;
  /** Index into `entityKinds`. */
  readonly kinds: Uint8Array;
  /** Byte ranges of the names in `text`: proxy start and end, server start and end, four per row. */
  readonly names: Uint32Array;
  /** Which column each of the `width` numbers of a row is. */
  readonly columns: readonly string[];
  /** NaN where HAProxy printed nothing (not applicable, no limit) or no number. */
  readonly values: Float64Array;
  readonly text: Buffer;
  /** Rows left out: of no known type, or with a name that is none. */
  readonly badRows: number;
}

/** Longer names than this are no names; HAProxy's own limit on a line of its configuration is 2,048. */
const maxNameBytes = 1_024;
/** A guess at the shortest rows of real output, to reserve room by; more is reserved when it is wrong. */
const bytesPerRow = 100;

const comma = 0x2c;
const newline = 0x0a;
const quote = 0x22;
const minus = 0x2d;
const zero = 0x30;
const nine = 0x39;

/**
 * Scans `show stat` straight into arrays: one pass, no object or string per cell. The arrays are its own and are used again:
 * what `scan` answers is good until the next call.
 */
export class StatScanner {
  readonly #width: number;
  #capacity = 0;
  #kinds = new Uint8Array(0);
  #names = new Uint32Array(0);
  #values = new Float64Array(0);
  #header: StatHeader = { slots: new Int16Array(0), last: -1, end: 0 };
  #text: Buffer = Buffer.alloc(0);
  #maxRows = 0;
  #at = 0;
  #row = 0;
  #badRows = 0;
  /** Of the row in hand. */
  #type = NaN;
  /** Of the field in hand. */
  #value = NaN;
  /** The first quote at or behind the position. */
  #nextQuote = -1;

  /** `columns`: the ones to keep; one that HAProxy does not print stays NaN. */
  constructor(private readonly columns: readonly string[]) {
    this.#width = columns.length;
  }

  /** Throws StatFormatError when it is no such CSV, or has more rows than `maxRows`. */
  scan(csv: Buffer, maxRows: number): StatRows {
    this.#begin(csv, maxRows);
    const text = this.#text;
    while (this.#at < text.length) {
      if (text[this.#at] === newline) this.#at++;
      else this.#keepRow(this.#scanRow());
    }
    return {
      count: this.#row,
      kinds: this.#kinds.subarray(0, this.#row),
      names: this.#names.subarray(0, this.#row * 4),
      columns: this.columns,
      values: this.#values.subarray(0, this.#row * this.#width),
      text,
      badRows: this.#badRows,
    };
  }

  #begin(csv: Buffer, maxRows: number): void {
    this.#header = parseStatHeader(csv, this.columns);
    // Reading behind the end of an array is slow, and this way never needed.
    this.#text = csv.at(-1) === newline ? csv : Buffer.concat([csv, Buffer.of(newline)]);
    this.#maxRows = maxRows;
    this.#at = this.#header.end;
    this.#row = 0;
    this.#badRows = 0;
    this.#nextQuote = -1;
    const likely = Math.ceil((csv.length - this.#at) / bytesPerRow) + 1;
    if (likely > this.#capacity) this.#reserve(Math.min(maxRows, likely));
  }

  #keepRow(type: number): void {
    if (!(type >= 0 && type <= 3 && this.#isName(0) && this.#isName(2))) {
      this.#badRows++;
      return;
    }
    this.#kinds[this.#row++] = type;
  }

  #isName(offset: number): boolean {
    const at = this.#row * 4 + offset;
    const length = this.#names[at + 1]! - this.#names[at]!;
    return length > 0 && length <= maxNameBytes;
  }

  /** Scans up to and with the end of the line; answers the row's type, NaN when it has none. */
  #scanRow(): number {
    const base = this.#beginRow();
    const text = this.#text;
    const { slots, last } = this.#header;
    const values = this.#values;
    this.#type = NaN;
    let at = this.#at;
    for (let column = 0; column <= last; column++) {
      const slot = slots[column]!;
      const start = at;
      at = this.#scanField(start);
      if (slot >= 0) values[base + slot] = this.#value;
      else if (slot !== skip) this.#setRole(slot, start, at);
      if (text[at] === newline) break;
      at++;
    }
    this.#at = this.#lineEnd(at) + 1;
    return this.#type;
  }

  /** Reads the field's number into `#value`, NaN when it is none; answers the comma or line end behind the field. */
  #scanField(start: number): number {
    const text = this.#text;
    let at = start;
    let value = 0;
    let byte = text[at]!;
    while (byte >= zero && byte <= nine) {
      value = value * 10 + (byte - zero);
      byte = text[++at]!;
    }
    if (byte === comma || byte === newline) {
      this.#value = at > start ? value : NaN;
      return at;
    }
    const end = this.#fieldEnd(at);
    this.#value = this.#number(start, end);
    return end;
  }

  /** Makes room for a row of blanks; answers where its values begin. */
  #beginRow(): number {
    if (this.#row >= this.#maxRows) throw new StatFormatError(`more than ${this.#maxRows} rows`);
    if (this.#row >= this.#capacity) this.#reserve(Math.min(this.#maxRows, this.#capacity * 2));
    const base = this.#row * this.#width;
    this.#values.fill(NaN, base, base + this.#width);
    this.#names.fill(0, this.#row * 4, this.#row * 4 + 4);
    return base;
  }

  /** Room for so many rows; those that are there stay. */
  #reserve(rows: number): void {
    const [kinds, names, values] = [this.#kinds, this.#names, this.#values];
    this.#capacity = rows;
    this.#kinds = new Uint8Array(rows);
    this.#names = new Uint32Array(rows * 4);
    this.#values = new Float64Array(rows * this.#width);
    this.#kinds.set(kinds.subarray(0, this.#row));
    this.#names.set(names.subarray(0, this.#row * 4));
    this.#values.set(values.subarray(0, this.#row * this.#width));
  }

  #setRole(role: number, start: number, end: number): void {
    if (role === entityType) {
      this.#type = this.#value;
      return;
    }
    const quoted = this.#text[start] === quote ? 1 : 0;
    const at = this.#row * 4 + (role === proxyName ? 0 : 2);
    this.#names[at] = start + quoted;
    this.#names[at + 1] = Math.max(start + quoted, end - quoted);
  }

  /** A negative number or a fraction; anything else is no number (HAProxy prints no exponents). */
  #number(start: number, end: number): number {
    const first = this.#text[start]!;
    if (first !== minus && !(first >= zero && first <= nine)) return NaN;
    const field = this.#text.toString('latin1', start, end);
    return /^-?\d{1,20}(\.\d{1,20})?$/.test(field) ? Number(field) : NaN;
  }

  /** The comma or line end behind the field. */
  #fieldEnd(from: number): number {
    const text = this.#text;
    let at = text[from] === quote ? this.#quoteEnd(from) : from;
    while (text[at] !== comma && text[at] !== newline) at++;
    return at;
  }

  /** RFC 4180: a doubled quote stands for one. The text's last line end ends a quotation that nobody closed. */
  #quoteEnd(from: number): number {
    const text = this.#text;
    const end = text.length - 1;
    let at = from + 1;
    while (at < end && !(text[at] === quote && text[at + 1] !== quote)) at += text[at] === quote ? 2 : 1;
    return Math.min(at + 1, end);
  }

  /** The line's end at or behind `from`, where a field ends; looks at single bytes only where there are quotes. */
  #lineEnd(from: number): number {
    const text = this.#text;
    let end = text.indexOf(newline, from);
    if (this.#nextQuote < from) this.#nextQuote = indexOr(text.indexOf(quote, from), text.length);
    if (end < this.#nextQuote) return end;
    for (end = from; text[end] !== newline; end = this.#fieldEnd(end)) if (text[end] === comma) end++;
    return end;
  }
}

function indexOr(index: number, otherwise: number): number {
  return index === -1 ? otherwise : index;
}
