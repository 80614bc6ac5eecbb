import { presenceBytes, type Column } from '@haproxystats/metrics';
import { RecordFormatError } from '../record-headers';
import type { ByteReader } from './byte-reader';
import type { ByteWriter } from './byte-writer';

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** Rows `from`, a multiple of 8, up to `to`: one too, or the end of the table. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** How the numbers of a column are written. */
interface Encoding {
  /** Type of the column's section. */
  readonly section: number;
  readonly bytes: number;
  /** Takes whole numbers below this, from 0 on; undefined: takes any. */
  readonly below?: number;
  readonly from: (numbers: Float64Array) => Numbers;
  readonly read: (bytes: ArrayBuffer) => Numbers;
}

/** THE ENCODINGS, the shortest first: little-endian, as every machine is that runs this. */
const encodings: readonly Encoding[] = [
  {
    section: 4,
    bytes: 1,
    below: 2 ** 8,
    from: (numbers) => new Uint8Array(numbers),
    read: (bytes) => new Uint8Array(bytes),
  },
  {
    section: 5,
    bytes: 2,
    below: 2 ** 16,
    from: (numbers) => new Uint16Array(numbers),
    read: (bytes) => new Uint16Array(bytes),
  },
  {
    section: 6,
    bytes: 4,
    below: 2 ** 32,
    from: (numbers) => new Uint32Array(numbers),
    read: (bytes) => new Uint32Array(bytes),
  },
  {
    section: 1,
    bytes: 8,
    from: (numbers) => numbers,
    read: (bytes) => new Float64Array(bytes),
  },
];

/** What of a column is written. */
export interface EncodedValues {
  readonly section: number;
  readonly present: Uint8Array;
  readonly numbers: Numbers;
}

/** The encoding of the section's type; undefined for a section of another kind. */
export function isValuesSection(type: number): boolean {
  return encodings.some(({ section }) => section === type);
}

/** Packs rows `from` (a multiple of 8) up to `to`, in as few bytes as they take. */
export function encodeValues(column: Column, range: RowRange): EncodedValues {
  const present = column.present.subarray(range.from >> 3, presenceBytes(range.to));
  const values = column.values.subarray(range.from, range.to);
  const numbers = packed(values, present);
  const limit = limitOf(numbers);
  const { section, from } = encodings.find(({ below }) => below === undefined || limit < below)!;
  return { section, present, numbers: from(numbers) };
}

export function writeValues(writer: ByteWriter, { present, numbers }: EncodedValues): void {
  writer.bytes(present);
  writer.bytes(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
}

/** Throws RecordFormatError when there are more or fewer numbers than presence bits. */
export function readValues(
  reader: ByteReader,
  { type, rows, field }: { type: number; rows: number; field: string },
): Pick<Column, 'values' | 'present'> {
  const present = Uint8Array.from(reader.bytes(presenceBytes(rows)));
  const { bytes, read } = encodings.find(({ section }) => section === type)!;
  const rest = reader.rest();
  const count = countBits(present, rows);
  if (rest.length !== count * bytes)
    throw new RecordFormatError(`frame: column ${field} has ${rest.length} bytes for ${count} rows`);
  // A copy, because an array of numbers must begin at a multiple of its numbers' size.
  const stored = read(new Uint8Array(rest).buffer);
  const numbers = stored instanceof Float64Array ? stored : new Float64Array(stored);
  return { values: count === rows ? numbers : spread(numbers, present, rows), present };
}

/** The values that are there, one behind the other. */
function packed(values: Float64Array, present: Uint8Array): Float64Array {
  const count = countBits(present, values.length);
  if (count === values.length) return values;
  const numbers = new Float64Array(count);
  let next = 0;
  for (let row = 0; row < values.length; row++) {
    if ((present[row >> 3]! & (1 << (row & 7))) !== 0) numbers[next++] = values[row]!;
  }
  return numbers;
}

function spread(numbers: Float64Array, present: Uint8Array, rows: number): Float64Array {
  const values = new Float64Array(rows);
  let next = 0;
  for (let row = 0; row < rows; row++) {
    if ((present[row >> 3]! & (1 << (row & 7))) !== 0) values[row] = numbers[next++]!;
  }
  return values;
}

/** The largest number; infinite where one of them is no whole number below 2^32. */
function limitOf(numbers: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i]!;
    if (number !== number >>> 0) return Infinity;
    if (number > largest) largest = number;
  }
  return largest;
}

/** Bits of rows that are there; those behind the last row do not count. */
function countBits(present: Uint8Array, rows: number): number {
  let count = 0;
  for (let row = 0; row < rows; row += 8) {
    const last = rows - row < 8 ? 0xff >> (8 - (rows - row)) : 0xff;
    for (let bits = present[row >> 3]! & last; bits > 0; bits &= bits - 1) count++;
  }
  return count;
}
