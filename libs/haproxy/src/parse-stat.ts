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

export interface ParseStatOptions {
  /** The columns to keep; one that HAProxy does not print stays NaN. */
  readonly columns: readonly string[];
  /** More rows than these are an attack or an accident. */
  readonly maxRows: number;
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

/** Scans bytes straight into arrays, one pass, no object or string per cell. Throws StatFormatError. */
export function parseStat(csv: Buffer, { columns, maxRows }: ParseStatOptions): StatRows {
  const header = parseStatHeader(csv, columns);
  // Reading behind the end of an array is slow, and this way never needed.
  const text = csv.at(-1) === newline ? csv : Buffer.concat([csv, Buffer.of(newline)]);
  return new Scanner(text, header, { columns, maxRows }).rows();
}

class Scanner {
  readonly #width: number;
  #capacity: number;
  #kinds: Uint8Array;
  #names: Uint32Array;
  #values: Float64Array;
  #at: number;
  #row = 0;
  #badRows = 0;
  /** Of the row in hand. */
  #type = NaN;
  /** Of the field in hand. */
  #value = NaN;
  /** The first quote at or behind the position. */
  #nextQuote = -1;

  constructor(
    private readonly text: Buffer,
    private readonly header: StatHeader,
    private readonly options: ParseStatOptions,
  ) {
    this.#at = header.end;
    this.#width = options.columns.length;
    this.#capacity = Math.min(options.maxRows, Math.ceil((text.length - header.end) / bytesPerRow) + 1);
    this.#kinds = new Uint8Array(this.#capacity);
    this.#names = new Uint32Array(this.#capacity * 4);
    this.#values = new Float64Array(this.#capacity * this.#width);
  }

  rows(): StatRows {
    const { text, options } = this;
    while (this.#at < text.length) {
      if (text[this.#at] === newline) this.#at++;
      else this.#keepRow(this.#scanRow());
    }
    return {
      count: this.#row,
      kinds: this.#kinds.subarray(0, this.#row),
      names: this.#names.subarray(0, this.#row * 4),
      columns: options.columns,
      values: this.#values.subarray(0, this.#row * this.#width),
      text,
      badRows: this.#badRows,
    };
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
    const { text } = this;
    const { slots, last } = this.header;
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
    const { text } = this;
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
    if (this.#row >= this.#capacity) this.#grow();
    const base = this.#row * this.#width;
    this.#values.fill(NaN, base, base + this.#width);
    this.#names.fill(0, this.#row * 4, this.#row * 4 + 4);
    return base;
  }

  #grow(): void {
    const { maxRows } = this.options;
    if (this.#capacity >= maxRows) throw new StatFormatError(`more than ${maxRows} rows`);
    this.#capacity = Math.min(maxRows, this.#capacity * 2);
    const { kinds, names, values } = { kinds: this.#kinds, names: this.#names, values: this.#values };
    this.#kinds = new Uint8Array(this.#capacity);
    this.#names = new Uint32Array(this.#capacity * 4);
    this.#values = new Float64Array(this.#capacity * this.#width);
    this.#kinds.set(kinds);
    this.#names.set(names);
    this.#values.set(values);
  }

  #setRole(role: number, start: number, end: number): void {
    if (role === entityType) {
      this.#type = this.#value;
      return;
    }
    const quoted = this.text[start] === quote ? 1 : 0;
    const at = this.#row * 4 + (role === proxyName ? 0 : 2);
    this.#names[at] = start + quoted;
    this.#names[at + 1] = Math.max(start + quoted, end - quoted);
  }

  /** A negative number or a fraction; anything else is no number (HAProxy prints no exponents). */
  #number(start: number, end: number): number {
    const first = this.text[start]!;
    if (first !== minus && !(first >= zero && first <= nine)) return NaN;
    const field = this.text.toString('latin1', start, end);
    return /^-?\d{1,20}(\.\d{1,20})?$/.test(field) ? Number(field) : NaN;
  }

  /** The comma or line end behind the field. */
  #fieldEnd(from: number): number {
    const { text } = this;
    let at = text[from] === quote ? this.#quoteEnd(from) : from;
    while (text[at] !== comma && text[at] !== newline) at++;
    return at;
  }

  /** RFC 4180: a doubled quote stands for one. The text's last line end ends a quotation that nobody closed. */
  #quoteEnd(from: number): number {
    const { text } = this;
    const end = text.length - 1;
    let at = from + 1;
    while (at < end && !(text[at] === quote && text[at + 1] !== quote)) at += text[at] === quote ? 2 : 1;
    return Math.min(at + 1, end);
  }

  /** The line's end at or behind `from`, where a field ends; looks at single bytes only where there are quotes. */
  #lineEnd(from: number): number {
    const { text } = this;
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
