import { parts as allParts, rules, type Part, type Rule } from '@haproxystats/haproxy';
import {
  differ,
  entityOf,
  hasServer,
  type Column,
  type Table,
  type TableKind,
  type TextColumn,
} from '@haproxystats/metrics';
import { RecordFormatError } from '../record-headers';
import type { ByteReader } from './byte-reader';
import type { ByteWriter } from './byte-writer';
import { encodeValues, isValuesSection, readValues, writeValues, type RowRange } from './values-codec';

/*
 * A table: kind (text), rows (u32),
 *   proxies: runs of (rows u32, name text), then each row's server (text) when the kind has servers,
 *   then columns to the end, each a section:
 *     numbers: field, rule and part (texts), presence bits, the present values (values-codec.ts says in how many bytes);
 *     texts: field (text), words (u16, then as many texts), for each row its code (u16);
 *     modules: the fields (texts) of those columns that a module of HAProxy prints and the catalogue does not know, where there are any.
 * A reader steps over tables of a kind, columns of a section type, and numbers of a rule or part that it does not know, so that later
 * writers do not stop it.
 */

const textsColumn = 2;
const modulesSection = 3;
/** Of one table in one part. */
export const maxRows = 200_000;

export function writeTable(writer: ByteWriter, table: Table, { from, to }: RowRange): void {
  writer.text(table.kind);
  writer.u32(to - from);
  writeRuns(writer, table.proxies.slice(from, to));
  if (hasServer(table.kind)) for (const server of table.servers.slice(from, to)) writer.text(server);
  for (const column of table.columns) {
    const encoded = encodeValues(column, { from, to });
    writer.section(encoded.section, () => {
      writer.text(column.field);
      writer.text(column.rule);
      writer.text(column.part);
      writeValues(writer, encoded);
    });
  }
  for (const column of table.texts) {
    writer.section(textsColumn, () => {
      writer.text(column.field);
      writeTexts(writer, column, { from, to });
    });
  }
  const ofModules = new Set(table.columns.filter(({ module }) => module).map(({ field }) => field));
  if (ofModules.size > 0)
    writer.section(modulesSection, () => ofModules.forEach((field) => writer.text(field)));
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

/** Only the words that these rows have. */
function writeTexts(writer: ByteWriter, { words, codes }: TextColumn, { from, to }: RowRange): void {
  const own = codes.slice(from, to);
  const known = new Uint16Array(words.length + 1);
  const used: string[] = [];
  for (let row = 0; row < own.length; row++) {
    const code = own[row]!;
    if (code === 0 || code === differ) continue;
    if (known[code] === 0) known[code] = used.push(words[code - 1]!);
    own[row] = known[code]!;
  }
  writer.u16(used.length);
  for (const word of used) writer.text(word);
  writer.bytes(new Uint8Array(own.buffer));
}

/** Of which fields the columns are read: the others are stepped over. */
export type WantedFields = (field: string) => boolean;

/** Nothing for a kind of table that this reader does not know. Throws RecordFormatError. */
export function readTable(reader: ByteReader, isWanted: WantedFields = () => true): Table | undefined {
  const kind = reader.text();
  if (!isTableKind(kind)) return undefined;
  const rows = reader.u32();
  if (rows > maxRows) throw new RecordFormatError(`frame: a table of ${rows} rows, ${maxRows} are allowed`);
  const proxies = readRuns(reader, rows);
  const servers = hasServer(kind) ? Array.from(proxies, () => reader.text()) : proxies.map(() => '');
  const columns: Column[] = [];
  const texts: TextColumn[] = [];
  const ofModules = new Set<string>();
  while (!reader.atEnd) {
    const { type, body } = reader.section();
    if (isValuesSection(type)) columns.push(...readColumn(body, { type, rows, isWanted }));
    else if (type === textsColumn) texts.push(...readTexts(body, rows, isWanted));
    else if (type === modulesSection) while (!body.atEnd) ofModules.add(body.text());
  }
  return { kind, proxies, servers, columns: columns.map((column) => marked(column, ofModules)), texts };
}

function marked(column: Column, ofModules: ReadonlySet<string>): Column {
  return ofModules.has(column.field) ? { ...column, module: true } : column;
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

/** Nothing for a field that nobody wants, and for a rule or part that this reader does not know. */
function readColumn(
  reader: ByteReader,
  { type, rows, isWanted }: { type: number; rows: number; isWanted: WantedFields },
): Column[] {
  const field = reader.text();
  if (!isWanted(field)) return [];
  const rule = reader.text();
  const part = reader.text();
  if (!isRule(rule) || !isPart(part)) return [];
  return [{ field, rule, part, ...readValues(reader, { type, rows, field }) }];
}

function isRule(rule: string): rule is Rule {
  return Object.hasOwn(rules, rule);
}

function isPart(part: string): part is Part {
  return allParts.some((known) => known === part);
}

function readTexts(reader: ByteReader, rows: number, isWanted: WantedFields): TextColumn[] {
  const field = reader.text();
  if (!isWanted(field)) return [];
  const words = Array.from({ length: reader.u16() }, () => reader.text());
  const codes = new Uint16Array(rows);
  new Uint8Array(codes.buffer).set(reader.bytes(rows * 2));
  if (codes.some((code) => code > words.length && code !== differ))
    throw new RecordFormatError(`frame: text ${field} has a row without a word`);
  return [{ field, words, codes }];
}
