import { entityType, parseStatHeader, proxyName, skip, type StatHeader } from './stat-header';

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
  /** Rows left out because their type is none of frontend, backend, server, listener. */
  readonly badRows: number;
}

const comma = 0x2c;
const newline = 0x0a;
const quote = 0x22;
const zero = 0x30;

/**
 * Scans bytes straight into arrays, one pass, no object or string per cell.
 * `wanted` are the columns to keep; one that HAProxy does not print stays NaN. Throws StatFormatError.
 */
export function parseStat(csv: Buffer, wanted: readonly string[]): StatRows {
  return new Scanner(csv, wanted, parseStatHeader(csv, wanted)).rows();
}

class Scanner {
  #at: number;
  #row = 0;
  #badRows = 0;
  readonly #width: number;
  readonly #kinds: Uint8Array;
  readonly #names: Uint32Array;
  readonly #values: Float64Array;

  constructor(
    private readonly text: Buffer,
    private readonly columns: readonly string[],
    private readonly header: StatHeader,
  ) {
    const capacity = countLines(text, header.end);
    this.#at = header.end;
    this.#width = columns.length;
    this.#kinds = new Uint8Array(capacity);
    this.#names = new Uint32Array(capacity * 4);
    this.#values = new Float64Array(capacity * columns.length).fill(NaN);
  }

  rows(): StatRows {
    const { text } = this;
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

  #keepRow(type: number): void {
    if (type >= 0 && type <= 3) {
      this.#kinds[this.#row++] = type;
      return;
    }
    this.#badRows++;
    this.#values.fill(NaN, this.#row * this.#width, (this.#row + 1) * this.#width);
    this.#names.fill(0, this.#row * 4, this.#row * 4 + 4);
  }

  /** Scans up to and with the end of the line; answers the row's type, -1 when it has none. */
  #scanRow(): number {
    const { slots, last } = this.header;
    let type = -1;
    for (let column = 0; column <= last; column++) {
      const slot = slots[column]!;
      if (slot >= 0) this.#values[this.#row * this.#width + slot] = this.#number();
      else if (slot === skip) this.#skipField();
      else if (slot === entityType) type = this.#number();
      else this.#name(slot);
      if (this.text[this.#at] !== comma) break;
      this.#at++;
    }
    this.#skipLine();
    return type;
  }

  /** The field as a number; leaves the position at its end (a comma or the line's end). */
  #number(): number {
    const { text } = this;
    const start = this.#at;
    let value = 0;
    let at = start;
    let digit = text[at]! - zero;
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digit = text[++at]! - zero;
    }
    const stop = text[at];
    if (at > start && (stop === comma || stop === newline || stop === undefined)) {
      this.#at = at;
      return value;
    }
    this.#skipField();
    return numberOf(text.toString('latin1', start, this.#at).trim());
  }

  #name(role: number): void {
    const quoted = this.text[this.#at] === quote ? 1 : 0;
    const start = this.#at + quoted;
    this.#skipField();
    const base = this.#row * 4 + (role === proxyName ? 0 : 2);
    this.#names[base] = start;
    this.#names[base + 1] = Math.max(start, this.#at - quoted);
  }

  #skipField(): void {
    const { text } = this;
    if (text[this.#at] === quote) this.#skipQuoted();
    while (this.#at < text.length && text[this.#at] !== comma && text[this.#at] !== newline) this.#at++;
  }

  /** RFC 4180: a doubled quote stands for one. */
  #skipQuoted(): void {
    const { text } = this;
    for (this.#at++; this.#at < text.length; this.#at++) {
      if (text[this.#at] !== quote) continue;
      if (text[this.#at + 1] !== quote) {
        this.#at++;
        return;
      }
      this.#at++;
    }
  }

  #skipLine(): void {
    while (this.#at < this.text.length && this.text[this.#at] !== newline) {
      this.#skipField();
      if (this.text[this.#at] === comma) this.#at++;
    }
    this.#at++;
  }
}

/** A negative number or a fraction; anything else is no number (HAProxy prints no exponents). */
function numberOf(field: string): number {
  return /^-?\d+(\.\d+)?$/.test(field) ? Number(field) : NaN;
}

function countLines(text: Buffer, from: number): number {
  let lines = 1;
  for (let at = text.indexOf(newline, from); at !== -1; at = text.indexOf(newline, at + 1)) lines++;
  return lines;
}
