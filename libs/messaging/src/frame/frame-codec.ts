import { allSemantics, failureReasons } from '@haproxystats/haproxy';
import { largestPid, mostShards, type Frame, type FrameHead, type Table } from '@haproxystats/metrics';
import { z } from 'zod';
import { maxProcesses, processNameSchema } from '../raw/manifest';
import { isName, RecordFormatError, toldIssues } from '../record-headers';
import { ByteReader } from './byte-reader';
import { ByteWriter } from './byte-writer';
import { readTable, writeTable, type WantedFields } from './table-codec';
import type { RowRange } from './values-codec';

/*
 * The bytes of a frame (or of a part of it): the magic, then sections. Written little-endian.
 * Unknown sections are stepped over. What changes the meaning of a known one takes another magic.
 */

const magic = Buffer.from('HSF2');
const headSection = 1;
const tableSection = 2;
/** Before each section: its type, and its length. */
const sectionHeadBytes = 5;
const maxTables = 64;
/** The names of all processes of a node, the longest there are; or those of the nodes of a cluster that are missing. */
const maxHeadBytes = 4 * 1024 * 1024;
/** So many nodes of a cluster are named as missing, and as kept out: numbers of nodes tell of all. */
const maxNodes = 10_000;

const missingReasons = [
  ...(Object.keys(failureReasons) as (keyof typeof failureReasons)[]),
  'lost',
  'unreadable',
] as const;
const ms = z.number().min(0);
const count = z.int().min(0).max(10_000_000);
const name = z.string().refine(isName, 'no name');
const life = z.object({
  process: processNameSchema,
  pid: z.int().min(0).max(largestPid),
  startedAt: z.int(),
  version: z.string().max(128),
  isStopping: z.literal(true).optional(),
});
const nodes = z.object({
  seen: count,
  expected: count,
  missing: z.array(name).max(maxNodes),
  keptOut: z.array(z.object({ node: name, reason: z.enum(['clock', 'interval']) })).max(maxNodes),
});
const shard = z
  .object({ index: z.int().min(0), of: z.int().min(2).max(mostShards) })
  .refine(({ index, of }) => index < of, 'more than there are');
const common = z.object({
  cluster: name,
  slot: z.int(),
  intervalMs: z.int().min(1),
  shard: shard.optional(),
  coverage: z.object({ covered: count, expected: count }),
  missing: z
    .array(z.object({ process: processNameSchema, reason: z.enum(missingReasons) }))
    .max(maxProcesses),
  processes: z.array(life).max(maxProcesses).optional(),
  nodes: nodes.optional(),
  late: z.literal(true).optional(),
  semantics: z.enum(allSemantics),
  timings: z.object({ info: ms, parse: ms, frontend: ms, backend: ms, server: ms }),
});
const headSchema = z.discriminatedUnion('scope', [
  common.extend({ scope: z.literal('node'), node: name }),
  common.extend({ scope: z.literal('cluster'), node: z.literal('') }),
]);

/** Which share of a frame's rows: part `part` of `parts`. */
export interface Share {
  readonly part: number;
  readonly parts: number;
}

/** The bytes are those of the writer: good until it is used again. */
export function encodeFrame(
  frame: Frame,
  { part, parts }: Share = { part: 0, parts: 1 },
  writer = new ByteWriter(),
): Buffer {
  writer.clear();
  writer.bytes(magic);
  writer.section(headSection, () => writer.bytes(headBytes(frame.head)));
  for (const table of frame.tables) {
    const range = rangeOf(table, { part, parts });
    if (range.to > range.from) writer.section(tableSection, () => writeTable(writer, table, range));
  }
  return writer.done();
}

/** Never more than a reader takes: of what is missing only so many are named. */
function headBytes(head: FrameHead): Buffer {
  let most = maxNodes;
  let bytes = jsonOf(head, most);
  while (bytes.length > maxHeadBytes && most > 0) {
    most >>= 1;
    bytes = jsonOf(head, most);
  }
  return bytes;
}

function jsonOf(head: FrameHead, mostNamed: number): Buffer {
  const { nodes, missing } = head;
  const named = {
    ...head,
    missing: missing.slice(0, Math.min(mostNamed, maxProcesses)),
    ...(nodes && {
      nodes: {
        ...nodes,
        missing: nodes.missing.slice(0, mostNamed),
        keptOut: nodes.keptOut.slice(0, mostNamed),
      },
    }),
  };
  return Buffer.from(JSON.stringify(named));
}

/** Cuts are made where a byte of presence bits ends. Tables about processes are whole in the first part: what is said about their distribution needs all of them. */
function rangeOf({ kind, proxies }: Table, { part, parts }: Share): RowRange {
  const rows = proxies.length;
  if (kind === 'daemon' || kind === 'process') return { from: 0, to: part === 0 ? rows : 0 };
  const cut = (at: number) => (at === parts ? rows : Math.floor((rows * at) / parts / 8) * 8);
  return { from: cut(part), to: cut(part + 1) };
}

/** With the columns of all fields, or of those that are wanted. Throws RecordFormatError. */
export function decodeFrame(bytes: Buffer, isWanted?: WantedFields): Frame {
  const reader = sectionsOf(bytes);
  const tables: Table[] = [];
  let head: FrameHead | undefined;
  while (!reader.atEnd) {
    const { type, body } = reader.section();
    if (type === headSection) head = readHead(body);
    const table = type === tableSection ? readTable(body, isWanted) : undefined;
    if (table) tables.push(table);
    if (tables.length > maxTables) throw new RecordFormatError(`frame: more than ${maxTables} tables`);
  }
  if (!head) throw new RecordFormatError('frame: no head');
  return { head, tables };
}

/** The head of a frame of which only the beginning is here; undefined where it takes more of it. Throws RecordFormatError. */
export function decodeHead(beginning: Buffer): FrameHead | undefined {
  if (beginning.length < magic.length + sectionHeadBytes) return undefined;
  const type = beginning.readUInt8(magic.length);
  const end = magic.length + sectionHeadBytes + beginning.readUInt32LE(magic.length + 1);
  const isHere = type === headSection && beginning.length >= end;
  return isHere ? readHead(sectionsOf(beginning).section().body) : undefined;
}

function sectionsOf(bytes: Buffer): ByteReader {
  if (!bytes.subarray(0, magic.length).equals(magic))
    throw new RecordFormatError('frame: the bytes do not begin with HSF2');
  return new ByteReader(bytes.subarray(magic.length));
}

function readHead(body: ByteReader): FrameHead {
  const bytes = body.rest();
  if (bytes.length > maxHeadBytes)
    throw new RecordFormatError(`frame: the head has ${bytes.length} bytes, ${maxHeadBytes} are allowed`);
  const json = bytes.toString();
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new RecordFormatError('frame: the head is no JSON', { cause: error });
  }
  const parsed = headSchema.safeParse(value);
  if (!parsed.success) throw new RecordFormatError(`frame: the head: ${toldIssues(parsed.error)}`);
  return parsed.data;
}
