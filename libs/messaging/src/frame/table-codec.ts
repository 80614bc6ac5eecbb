import { entityKinds, type EntityKind } from '@haproxystats/haproxy';
import {
  isPresent,
  presenceBytes,
  setPresent,
  type Column,
  type Part,
  type Table,
} from '@haproxystats/metrics';
import { RecordFormatError } from '../record-headers';
import type { ByteReader } from './byte-reader';
import type { ByteWriter } from './byte-writer';

/*
 * A table: kind (text), rows (u32),
 *   proxies: runs of (rows u32, name text), then each row's server (text) when the kind has servers,
 *   then columns to the end, each a section: field (text), part (text), presence bits, the present values as f64.
 * A column whose section type is unknown is stepped over, so that later encodings do not stop an old reader.
 */

const f64Column = 1;
/** Of one table in one part. */
export const maxRows = 200_000;
const parts: ReadonlySet<string> = new Set<Part>(['sum', 'count', 'weight', 'max']);

/** Writes rows `from` up to `to` of a table. */
export function writeTable(
  writer: ByteWriter,
  table: Table,
  { from, to }: { from: number; to: number },
): void {
  writer.text(table.kind);
  writer.u32(to - from);
  writeRuns(writer, table.proxies.slice(from, to));
  if (table.kind === 'server') for (const server of table.servers.slice(from, to)) writer.text(server);
  for (const column of table.columns) {
    writer.section(f64Column, () => {
      writer.text(column.field);
      writer.text(column.part);
      writeValues(writer, column, { from, to });
    });
  }
}

function writeRuns(writer: ByteWriter, names: readonly string[]): void {
  for (let start = 0; start < names.length;) {
    let end = start + 1;
    while (end < names.length && names[end] === names[start]) end++;
    writer.u32(end - start);
    writer.text(names[start]!);
    start = end;
  }
}

function writeValues(writer: ByteWriter, column: Column, { from, to }: { from: number; to: number }): void {
  const present = new Uint8Array(presenceBytes(to - from));
  const values = new Float64Array(to - from);
  let count = 0;
  for (let row = from; row < to; row++) {
    if (!isPresent(column, row)) continue;
    setPresent(present, row - from);
    values[count++] = column.values[row]!;
  }
  writer.bytes(present);
  writer.bytes(new Uint8Array(values.buffer, 0, count * 8));
}

/** Throws RecordFormatError. */
export function readTable(reader: ByteReader): Table {
  const kind = kindOf(reader.text());
  const rows = reader.u32();
  if (rows > maxRows) throw new RecordFormatError(`frame: a table of ${rows} rows, ${maxRows} are allowed`);
  const proxies = readRuns(reader, rows);
  const servers = kind === 'server' ? Array.from(proxies, () => reader.text()) : proxies.map(() => '');
  const columns: Column[] = [];
  while (!reader.atEnd) {
    const { type, body } = reader.section();
    const column = type === f64Column ? readColumn(body, rows) : undefined;
    if (column) columns.push(column);
  }
  return { kind, proxies, servers, columns };
}

function kindOf(text: string): EntityKind {
  const kind = entityKinds.find((known) => known === text);
  if (!kind) throw new RecordFormatError(`frame: a table of unknown kind '${text.slice(0, 80)}'`);
  return kind;
}

function readRuns(reader: ByteReader, rows: number): string[] {
  const names: string[] = [];
  while (names.length < rows) {
    const length = reader.u32();
    const name = reader.text();
    if (length === 0 || length > rows - names.length)
      throw new RecordFormatError(`frame: a run of ${length} rows`);
    for (let i = 0; i < length; i++) names.push(name);
  }
  return names;
}

/** Nothing for a part that this reader does not know. */
function readColumn(reader: ByteReader, rows: number): Column | undefined {
  const field = reader.text();
  const part = reader.text();
  if (!parts.has(part)) return undefined;
  const present = Uint8Array.from(reader.bytes(presenceBytes(rows)));
  const values = new Float64Array(rows);
  const packed = doubles(reader.rest());
  let next = 0;
  for (let row = 0; row < rows; row++) {
    if (isPresent({ present }, row)) values[row] = packed[next++] ?? NaN;
  }
  if (next !== packed.length)
    throw new RecordFormatError(`frame: column ${field} has ${packed.length} values for ${next} rows`);
  return { field, part: part as Part, values, present };
}

/** A copy, because an array of doubles must begin at a multiple of 8. */
function doubles(bytes: Buffer): Float64Array {
  const values = new Float64Array(Math.floor(bytes.length / 8));
  new Uint8Array(values.buffer).set(bytes.subarray(0, values.length * 8));
  return values;
}
