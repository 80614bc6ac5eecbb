import { crc32 } from 'node:zlib';
import { rowsOf, type Frame, type FrameHead } from '@haproxystats/metrics';
import { compress, decompress, decompressBeginning } from '../compression';
import type { LogEntry, LogRecord } from '../log';
import { HeaderReader, RecordFormatError, slotRange } from '../record-headers';
import { ByteWriter } from './byte-writer';
import { decodeFrame, decodeHead, encodeFrame } from './frame-codec';
import { maxRows } from './table-codec';

const version = 1;
/** A record's value after compression: below the broker's default message limit, with room for the headers. */
const maxValueBytes = 900_000;
const maxParts = 1_024;
const maxEmissionLength = 64;
/** A frame of fewer rows mostly fits into one record. */
const rowsToSample = 10_000;
const samples = 16;
const whole = { index: 0, of: 1 };
/** Of a compressed frame; twice as many where the block that the head lies in is longer. */
const beginningBytes = 16_384;
/** What a part may unfold to. */
const maxUnfoldedBytes = 64 * 1024 * 1024;

/** A record of a frames topic: one part of a frame. */
export interface FramePart {
  readonly part: number;
  readonly parts: number;
  /** The same in all parts that were written together; undefined where there is one part, and in those of older programs. */
  readonly emission?: string | undefined;
  /** The head is whole in every part; the tables hold this part's rows. */
  readonly frame: Frame;
}

/** A frame as records of one key, the cluster and its shard, that of a cluster without a header for its node, cut into parts that a reader takes: by rows, by size, and by size after compression. */
export function frameRecords(frame: Frame): LogRecord[] {
  const values = valuesOf(frame);
  const emission = values.length > 1 && { 'hs-emission': emissionOf(values) };
  const { cluster, node, slot, coverage, shard = whole } = frame.head;
  return values.map((value, part) => ({
    key: `${cluster}/${shard.index}`,
    headers: {
      'hs-v': String(version),
      'hs-cluster': cluster,
      ...(node !== '' && { 'hs-node': node }),
      'hs-slot': String(slot),
      'hs-shard': `${shard.index}/${shard.of}`,
      'hs-part': `${part}/${values.length}`,
      ...emission,
      'hs-covered': String(coverage.covered),
      'hs-expected': String(coverage.expected),
    },
    value,
  }));
}

/** By the bytes of all parts: two emissions of a slot differ, if only in how long the work took. */
function emissionOf(values: readonly Buffer[]): string {
  return values.reduce((sum, value) => crc32(value, sum), 0).toString(16);
}

function valuesOf(frame: Frame): Buffer[] {
  const longest = Math.max(0, ...frame.tables.map(({ proxies }) => proxies.length));
  for (let parts = Math.max(likelyParts(frame), Math.ceil(longest / maxRows)); parts <= maxParts;) {
    const cut = cutInto(parts, frame);
    if (!('times' in cut)) return cut;
    if (parts === maxParts) break;
    parts = Math.min(maxParts, Math.max(parts + 1, Math.ceil(parts * cut.times)));
  }
  throw new RangeError(
    `frame of ${entityOf(frame.head)}: more than the ${maxParts} parts of a frame that can be read`,
  );
}

/** How many parts it takes, going by one of many that are made to find out: each try on all of a large frame costs more. */
function likelyParts(frame: Frame): number {
  if (rowsOf(frame) < rowsToSample) return 1;
  const sample = compress(encodeFrame(frame, { part: 1, parts: samples }));
  return Math.ceil((sample.length * samples) / maxValueBytes);
}

/** The parts; or, where one of them is too large, how many times the limit it is. */
function cutInto(parts: number, frame: Frame): Buffer[] | { times: number } {
  const values: Buffer[] = [];
  const writer = new ByteWriter();
  for (let part = 0; part < parts; part++) {
    const bytes = encodeFrame(frame, { part, parts }, writer);
    if (bytes.length > maxUnfoldedBytes) return { times: bytes.length / maxUnfoldedBytes };
    const value = compress(bytes, Math.min(bytes.length, maxValueBytes));
    if (value.length > maxValueBytes) return { times: value.length / maxValueBytes };
    values.push(value);
  }
  return values;
}

/** Reads a record of a frames topic. Throws RecordFormatError. */
export function readFramePart(entry: Pick<LogEntry, 'headers' | 'value'>): FramePart {
  return readFrameColumns(entry);
}

/** The same, with the columns of those fields alone that are wanted: a quarter of the cost where these are few. */
export function readFrameColumns(
  { headers, value }: Pick<LogEntry, 'headers' | 'value'>,
  isWanted?: (field: string) => boolean,
): FramePart {
  const place = placeOf(headers);
  const bytes = unfolded(() => decompress(value, maxUnfoldedBytes));
  const frame = decodeFrame(bytes, isWanted);
  checkPlace(place, frame.head);
  return { ...partOf(place), frame };
}

/**
 * The head alone of a record of a frames topic, for a fiftieth of what reading all of it costs. What lies behind it may be damaged. Throws
 * RecordFormatError.
 */
export function readFrameHead(entry: Pick<LogEntry, 'headers' | 'value'>): FrameHead {
  return readFrameStub(entry).frame.head;
}

/** The same as a part that has no tables. */
export function readFrameStub({ headers, value }: Pick<LogEntry, 'headers' | 'value'>): FramePart {
  const place = placeOf(headers);
  const head = headIn(value);
  checkPlace(place, head);
  return { ...partOf(place), frame: { head, tables: [] } };
}

function headIn(value: Buffer): FrameHead {
  for (let bytes = beginningBytes; bytes < value.length; bytes *= 2) {
    const head = decodeHead(unfolded(() => decompressBeginning(value.subarray(0, bytes), maxUnfoldedBytes)));
    if (head) return head;
  }
  const bytes = unfolded(() => decompress(value, maxUnfoldedBytes));
  return decodeHead(bytes) ?? decodeFrame(bytes).head;
}

interface FramePlace extends Omit<FramePart, 'frame'>, Pick<FrameHead, 'slot' | 'node'> {}

function placeOf(headers: LogEntry['headers']): FramePlace {
  const reader = new HeaderReader(headers);
  reader.version('hs-v', version);
  const { part, parts } = reader.part('hs-part', maxParts);
  if (parts === 0) throw new RecordFormatError('frame: a part of none');
  return {
    part,
    parts,
    emission: reader.textOrNone('hs-emission', maxEmissionLength),
    slot: reader.integer('hs-slot', slotRange),
    node: reader.nameOrNone('hs-node'),
  };
}

function partOf({ part, parts, emission }: FramePlace): Omit<FramePart, 'frame'> {
  return emission === undefined ? { part, parts } : { part, parts, emission };
}

function checkPlace({ slot, node }: FramePlace, head: FrameHead): void {
  if (head.slot === slot && head.node === node) return;
  throw new RecordFormatError(
    `frame: the headers name ${entityOf({ node })}, slot ${slot}, its bytes ${entityOf(head)}, slot ${head.slot}`,
  );
}

function entityOf({ node }: Pick<FrameHead, 'node'>): string {
  return node === '' ? 'a cluster' : `node ${node}`;
}

function unfolded(unfold: () => Buffer): Buffer {
  try {
    return unfold();
  } catch (error) {
    throw new RecordFormatError('frame: the value cannot be decompressed', { cause: error });
  }
}
