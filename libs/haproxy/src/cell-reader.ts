const comma = 0x2c;
const newline = 0x0a;
const quote = 0x22;
const minus = 0x2d;
const zero = 0x30;

/** So many digits are exact in a double. */
export const exactDigits = 15;
const longestNumber = '-12345678901234567890.12345678901234567890'.length;
/** From here on a number is one below 0: HAProxy prints gauges of 64 bits without a sign, and lets some fall by one too many. */
const belowZero = 2 ** 63;
/** HAProxy prints no exponents. */
export const decimal = /^-?\d{1,20}(\.\d{1,20})?$/;

/** Reads single cells of a CSV: what is too rare, or too long, for the scanner's own loop. The text ends with a line end. */
export class CellReader {
  #text: Buffer = Buffer.alloc(0);
  #nextQuote = -1;
  #inexact = 0;

  /** Numbers beyond 2^53. */
  get inexact(): number {
    return this.#inexact;
  }

  begin(text: Buffer): void {
    this.#text = text;
    this.#nextQuote = -1;
    this.#inexact = 0;
  }

  /** The comma or line end behind the field. */
  fieldEnd(start: number): number {
    const text = this.#text;
    let at = text[start] === quote ? this.#quoteEnd(start) : start;
    for (let byte = text[at]!; byte !== comma && byte !== newline; byte = text[at]!) at++;
    return at;
  }

  contentStart(start: number): number {
    return this.#text[start] === quote ? start + 1 : start;
  }

  /** In front of the closing quote, where a field that ends at `end` is quoted. */
  contentEnd(start: number, end: number): number {
    const text = this.#text;
    return text[start] === quote && text[end - 1] === quote && end - start > 1 ? end - 1 : end;
  }

  /** A number, or NaN; a fraction is one too. */
  number(start: number, end: number): number {
    const text = this.#text;
    const first = text[start] === minus ? start + 1 : start;
    if (first >= end || end - first > exactDigits) return this.#anyNumber(start, end);
    let value = 0;
    for (let at = first; at < end; at++) {
      const digit = text[at]! - zero;
      if (digit >>> 0 > 9) return this.#anyNumber(start, end);
      value = value * 10 + digit;
    }
    return first > start ? 0 - value : value;
  }

  /** The line's end at or behind `from`, where a field begins; looks at single bytes only where there are quotes. */
  lineEnd(from: number): number {
    const text = this.#text;
    let end = text.indexOf(newline, from);
    if (this.#nextQuote < from) this.#nextQuote = indexOr(text.indexOf(quote, from), text.length);
    if (end < this.#nextQuote) return end;
    for (end = this.fieldEnd(from); text[end] !== newline; end = this.fieldEnd(end + 1));
    return end;
  }

  #anyNumber(start: number, end: number): number {
    const first = this.#text[start]!;
    const mayBeOne = first === minus || (first - zero) >>> 0 < 10;
    if (!mayBeOne || end - start > longestNumber) return NaN;
    const field = this.#text.toString('latin1', start, end);
    if (!decimal.test(field)) return NaN;
    const value = signed(field);
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) this.#inexact++;
    return value;
  }

  /** RFC 4180: a doubled quote stands for one. The text's last line end ends a quotation that nobody closed. */
  #quoteEnd(from: number): number {
    const text = this.#text;
    const end = text.length - 1;
    let at = from + 1;
    while (at < end && !(text[at] === quote && text[at + 1] !== quote)) at += text[at] === quote ? 2 : 1;
    return Math.min(at + 1, end);
  }
}

function signed(field: string): number {
  const value = Number(field);
  const isBelowZero = value >= belowZero && value <= 2 * belowZero && !field.includes('.');
  return isBelowZero ? Number(BigInt.asIntN(64, BigInt(field))) : value;
}

function indexOr(index: number, otherwise: number): number {
  return index === -1 ? otherwise : index;
}
