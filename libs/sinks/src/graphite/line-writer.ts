import type { BlockPool } from './block-pool';

/** Lines of Graphite's plaintext protocol: `path value timestamp\n`. */
export interface LineBlock {
  readonly bytes: Buffer;
  readonly lines: number;
}

/** Numbers of a column, and how they are called. */
export interface NamedValues {
  /** What stands behind the path: the metric's name and a blank. */
  readonly name: Uint8Array;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/** No number's text is longer. */
const maxNumberBytes = 32;

const zero = 0x30;
const minus = 0x2d;
const dot = 0x2e;
/** What `| 0` keeps. */
const int32Limit = 2 ** 31;

/**
 * Writes lines of one timestamp into blocks of about 64 KiB. The lines of a row differ in little: what stands between two numbers
 * (line end, path) is copied in one piece, but for the name.
 */
export class LineWriter {
  /** Timestamp and line end. */
  readonly #end: Buffer;
  /** The end of the line before, and the path of the row in hand. */
  #joint: Buffer;
  #full: LineBlock[] = [];
  #block: Buffer = Buffer.alloc(0);
  #at = 0;
  #lines = 0;

  /** `timestamp`: seconds since the epoch. */
  constructor(
    timestamp: number,
    private readonly pool: BlockPool,
  ) {
    this.#end = Buffer.from(` ${timestamp}\n`);
    this.#joint = this.#end;
  }

  /** Where the lines that follow belong: ASCII, ends in a dot. */
  path(path: string): void {
    this.#joint = Buffer.concat([this.#end, Buffer.from(path, 'latin1')]);
  }

  /** Writes what a row has of the metrics. Answers how many lines that makes: Graphite has no word for infinity. */
  row(metrics: readonly NamedValues[], row: number): number {
    const byte = row >> 3;
    const bit = 1 << (row & 7);
    let lines = 0;
    for (const { name, values, present } of metrics) {
      if ((present[byte]! & bit) === 0) continue;
      const value = values[row]!;
      if (value - value !== 0) continue;
      this.line(name, value);
      lines++;
    }
    return lines;
  }

  /** Whether there is a full block. */
  get isReady(): boolean {
    return this.#full.length > 0;
  }

  /** The blocks that are full; with `all` also the one in hand. */
  take(all = false): LineBlock[] {
    if (all) this.#finish();
    const blocks = this.#full;
    this.#full = [];
    return blocks;
  }

  /** `name`: the metric's name and a blank. */
  line(name: Uint8Array, value: number): void {
    const room = this.#joint.length + name.length + maxNumberBytes + this.#end.length;
    if (this.#at + room > this.#block.length) this.#startBlock(room);
    const block = this.#block;
    const joint = this.#at === 0 ? this.#joint.subarray(this.#end.length) : this.#joint;
    block.set(joint, this.#at);
    let at = this.#at + joint.length;
    for (let i = 0; i < name.length; i++) block[at++] = name[i]!;
    this.#at = writeNumber(block, at, value);
    this.#lines++;
  }

  #startBlock(room: number): void {
    this.#finish();
    this.#block = this.pool.take(room);
  }

  #finish(): void {
    if (this.#lines === 0) return;
    this.#block.set(this.#end, this.#at);
    const bytes = this.#block.subarray(0, this.#at + this.#end.length);
    this.#full.push({ bytes, lines: this.#lines });
    this.#block = Buffer.alloc(0);
    this.#at = 0;
    this.#lines = 0;
  }
}

/** Writes the shortest text that reads as the same number. Answers where it ends. */
function writeNumber(out: Uint8Array, at: number, value: number): number {
  if (value < 0) {
    out[at] = minus;
    return writeNumber(out, at + 1, -value);
  }
  if (Number.isSafeInteger(value)) return writeInteger(out, at, value);
  const tenThousandths = Math.round(value * 1e4);
  // At most 15 digits: then no other decimal of as few is the same number.
  if (value >= 1e-4 && tenThousandths < 1e15 && tenThousandths / 1e4 === value) {
    return writeFraction(out, at, tenThousandths);
  }
  return writeText(out, at, String(value));
}

/** Means of a few processes end after a few decimals. */
function writeFraction(out: Uint8Array, at: number, tenThousandths: number): number {
  const decimals = tenThousandths % 1e4;
  const point = writeInteger(out, at, (tenThousandths - decimals) / 1e4);
  out[point] = dot;
  let end = writePadded(out, point + 1, { value: decimals, digits: 4 });
  while (out[end - 1] === zero) end--;
  return end;
}

function writeInteger(out: Uint8Array, at: number, value: number): number {
  if (value < int32Limit) return writeDigits(out, at + digitsOf(value), value);
  const low = value % 1e9;
  const behind = writeInteger(out, at, (value - low) / 1e9);
  return writePadded(out, behind, { value: low, digits: 9 });
}

/** Writes a 32-bit integer with zeros in front. */
function writePadded(
  out: Uint8Array,
  at: number,
  { value, digits }: { value: number; digits: number },
): number {
  out.fill(zero, at, at + digits);
  return writeDigits(out, at + digits, value);
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  return digits;
}

/** Writes a 32-bit integer so that it ends at `end`. */
function writeDigits(out: Uint8Array, end: number, value: number): number {
  let rest = value | 0;
  let at = end;
  do {
    const tens = (rest / 10) | 0;
    out[--at] = zero + rest - tens * 10;
    rest = tens;
  } while (rest > 0);
  return end;
}

function writeText(out: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i);
  return at + text.length;
}
