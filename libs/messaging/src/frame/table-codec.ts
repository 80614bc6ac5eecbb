import { parts as allParts, rules, type Part, type Rule } from '@haproxystats/haproxy';
import {
  differ,
  entityOf,
  hasServer,
  isPresent,
  presenceBytes,
  setPresent,
  type Column,
  type Table,
  type TableKind,
  type TextColumn,
} from '@haproxystats/metrics';
import { RecordFormatError } from '../record-headers';
import type { ByteReader } from './byte-reader';
import type { ByteWriter } from './byte-writer';

/*
 * A table: kind (text), rows (u32),
 *   proxies: runs of (rows u32, name text), then each row's server (text) when the kind has servers,
 *   then columns to the end, each a section:
 *     numbers: field, rule and part (texts), presence bits, the present values as f64;
 *     texts: field (text), words (u16, then as many texts), for each row its code (u16).
 * A reader steps over tables of a kind, columns of a section type, and numbers of a rule or part that it does not know, so that later
 * writers do not stop it.
 */

const f64Column = 1;
const textsColumn = 2;
/** Of one table in one part. */
export const maxRows = 200_000;

/** Rows `from` up to `to`. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

export function writeTable(writer: ByteWriter, table: Table, { from, to }: RowRange): void {
  writer.text(table.kind);
  writer.u32(to - from);
  writeRuns(writer, table.proxies.slice(from, to));
  if (hasServer(table.kind)) for (const server of table.servers.slice(from, to)) writer.text(server);
  for (const column of table.columns) {
    writer.section(f64Column, () => {
      writer.text(column.field);
      writer.text(column.rule);
      writer.text(column.part);
      writeValues(writer, column, { from, to });
    });
  }
  for (const column of table.texts) {
    writer.section(textsColumn, () => {
      writer.text(column.field);
      writeTexts(writer, column, { from, to });
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

/** Only the words that these rows have. */
function writeTexts(writer: ByteWriter, { words, codes }: TextColumn, { from, to }: RowRange): void {
  const used = new Map<number, number>([
    [0, 0],
    [differ, differ],
  ]);
  const own = codes.slice(from, to).map((code) => {
    const known = used.get(code) ?? used.size - 1;
    used.set(code, known);
    return known;
  });
  writer.u16(used.size - 2);
  for (const [code] of used) if (code !== 0 && code !== differ) writer.text(words[code - 1]!);
  writer.bytes(new Uint8Array(own.buffer));
}

/** Nothing for a kind of table that this reader does not know. Throws RecordFormatError. */
export function readTable(reader: ByteReader): Table | undefined {
  const kind = reader.text();
  if (!isTableKind(kind)) return undefined;
  const rows = reader.u32();
  if (rows > maxRows) throw new RecordFormatError(`frame: a table of ${rows} rows, ${maxRows} are allowed`);
  const proxies = readRuns(reader, rows);
  const servers = hasServer(kind) ? Array.from(proxies, () => reader.text()) : proxies.map(() => '');
  const columns: Column[] = [];
  const texts: TextColumn[] = [];
  while (!reader.atEnd) {
    const { type, body } = reader.section();
    if (type === f64Column) columns.push(...readColumn(body, rows));
    else if (type === textsColumn) texts.push(readTexts(body, rows));
  }
  return { kind, proxies, servers, columns, texts };
}

function isTableKind(kind: string): kind is TableKind {
  return Object.hasOwn(entityOf, kind);
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

/** Nothing for a rule or part that this reader does not know. */
function readColumn(reader: ByteReader, rows: number): Column[] {
  const field = reader.text();
  const rule = reader.text();
  const part = reader.text();
  if (!isRule(rule) || !isPart(part)) return [];
  const present = Uint8Array.from(reader.bytes(presenceBytes(rows)));
  const values = new Float64Array(rows);
  const packed = doubles(reader.rest());
  let next = 0;
  for (let row = 0; row < rows; row++) {
    if (isPresent({ present }, row)) values[row] = packed[next++] ?? NaN;
  }
  if (next !== packed.length)
    throw new RecordFormatError(`frame: column ${field} has ${packed.length} values for ${next} rows`);
  return [{ field, rule, part, values, present }];
}

function isRule(rule: string): rule is Rule {
  return Object.hasOwn(rules, rule);
}

function isPart(part: string): part is Part {
  return allParts.some((known) => known === part);
}

function readTexts(reader: ByteReader, rows: number): TextColumn {
  const field = reader.text();
  const words = Array.from({ length: reader.u16() }, () => reader.text());
  const codes = new Uint16Array(rows);
  new Uint8Array(codes.buffer).set(reader.bytes(rows * 2));
  if (codes.some((code) => code > words.length && code !== differ))
    throw new RecordFormatError(`frame: text ${field} has a row without a word`);
  return { field, words, codes };
}

/** A copy, because an array of doubles must begin at a multiple of 8. */
function doubles(bytes: Buffer): Float64Array {
  const values = new Float64Array(Math.floor(bytes.length / 8));
  new Uint8Array(values.buffer).set(bytes.subarray(0, values.length * 8));
  return values;
}
