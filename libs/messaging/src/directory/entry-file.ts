import { crc32 } from 'node:zlib';
import type { LogRecord } from '../log';

/**
 * An entry: what one `append` wrote, whole or not at all. Little-endian:
 *
 *     0  magic "HSLG"
 *     4  version, u32
 *     8  append time in ms, u64
 *    16  number of records, u32
 *    20  bytes of the body, u32
 *    24  CRC-32 of bytes 0 to 23 and the body, u32
 *    28  body: per record the lengths of key, headers and value (3 x u32), then these: UTF-8, a JSON object, bytes
 */
export interface Entry {
  readonly appendedAt: number;
  readonly records: readonly LogRecord[];
}

/** The bytes of an entry are not those that were written, or nobody here ever wrote such. */
export class CorruptEntryError extends Error {
  override readonly name = 'CorruptEntryError';
}

const magic = 'HSLG';
const version = 1;
const crcAt = 24;
export const entryHeaderBytes = 28;
const recordHeaderBytes = 12;

/** Larger entries are neither written nor read: a snapshot of 80,000 rows takes 30 MB before compression. */
export const maxEntryBytes = 256 * 1024 * 1024;

/** An offset gives a record's index 20 bits. */
export const maxEntryRecords = 2 ** 20;

/** An entry's bytes, in pieces: values are not copied. Throws RangeError for records that are too many or too large for one entry. */
export function encodeEntry({ appendedAt, records }: Entry): Buffer[] {
  if (records.length > maxEntryRecords) {
    throw new RangeError(`${records.length} records: one append takes at most ${maxEntryRecords}`);
  }
  const body = records.flatMap((record) => [recordHead(record), record.value]);
  const bodyBytes = body.reduce((sum, { length }) => sum + length, 0);
  if (entryHeaderBytes + bodyBytes > maxEntryBytes) {
    throw new RangeError(`${entryHeaderBytes + bodyBytes} bytes: one append takes at most ${maxEntryBytes}`);
  }
  const header = Buffer.alloc(entryHeaderBytes);
  header.write(magic, 0, 'latin1');
  header.writeUInt32LE(version, 4);
  header.writeBigUInt64LE(BigInt(appendedAt), 8);
  header.writeUInt32LE(records.length, 16);
  header.writeUInt32LE(bodyBytes, 20);
  header.writeUInt32LE(checksum(header, body), crcAt);
  return [header, ...body];
}

/** The lengths of key, headers and value, then key and headers. */
function recordHead({ key, headers, value }: LogRecord): Buffer {
  const texts = [Buffer.from(key), Buffer.from(JSON.stringify(headers))];
  const lengths = Buffer.alloc(recordHeaderBytes);
  [...texts, value].forEach(({ length }, i) => lengths.writeUInt32LE(length, i * 4));
  return Buffer.concat([lengths, ...texts]);
}

/** Throws CorruptEntryError. The values are views of `file`. */
export function decodeEntry(file: Buffer): Entry {
  const { count, bodyBytes } = decodeHeader(file);
  if (bodyBytes !== file.length - entryHeaderBytes) {
    throw new CorruptEntryError(`${file.length - entryHeaderBytes} bytes of ${bodyBytes} are there`);
  }
  if (file.readUInt32LE(crcAt) !== checksum(file, [file.subarray(entryHeaderBytes)]))
    throw new CorruptEntryError('the checksum does not match');
  const records: LogRecord[] = [];
  let at = entryHeaderBytes;
  for (let index = 0; index < count; index++) {
    const { record, end } = readRecord(file, at);
    records.push(record);
    at = end;
  }
  if (at < file.length) throw new CorruptEntryError(`${file.length - at} bytes belong to no record`);
  return { appendedAt: Number(file.readBigUInt64LE(8)), records };
}

/** The number of records and bytes an entry says to hold, from its first bytes; not covered by the checksum yet. Throws CorruptEntryError. */
export function decodeHeader(file: Buffer): { count: number; bodyBytes: number } {
  if (file.length < entryHeaderBytes) throw new CorruptEntryError(`only ${file.length} bytes`);
  if (file.toString('latin1', 0, 4) !== magic) throw new CorruptEntryError('no entry of a log');
  const found = file.readUInt32LE(4);
  if (found !== version) throw new CorruptEntryError(`version ${found}; this program reads ${version}`);
  return { count: file.readUInt32LE(16), bodyBytes: file.readUInt32LE(20) };
}

function readRecord(file: Buffer, start: number): { record: LogRecord; end: number } {
  const keyAt = start + recordHeaderBytes;
  if (keyAt > file.length) throw new CorruptEntryError(`a record at ${start} reaches beyond the end`);
  const headersAt = keyAt + file.readUInt32LE(start);
  const valueAt = headersAt + file.readUInt32LE(start + 4);
  const end = valueAt + file.readUInt32LE(start + 8);
  if (end > file.length) throw new CorruptEntryError(`a record at ${start} reaches beyond the end`);
  const key = file.toString('utf8', keyAt, headersAt);
  const headers = parseHeaders(file.toString('utf8', headersAt, valueAt));
  return { record: { key, headers, value: file.subarray(valueAt, end) }, end };
}

function parseHeaders(text: string): Record<string, string> {
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch (cause) {
    throw new CorruptEntryError('the headers of a record are no JSON', { cause });
  }
}

function checksum(header: Buffer, body: readonly Buffer[]): number {
  return body.reduce((crc, piece) => crc32(piece, crc), crc32(header.subarray(0, crcAt)));
}
