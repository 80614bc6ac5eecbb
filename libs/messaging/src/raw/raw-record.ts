import type { Poll, ProcessReply } from '@haproxystats/haproxy';
import { compress, decompress } from '../compression';
import { replaysOf } from '../dead-letter/dead-letter-record';
import type { LogEntry, LogRecord } from '../log';
import { HeaderReader, intervalRange, RecordFormatError, slotRange } from '../record-headers';
import {
  manifestOf,
  maxChunks,
  maxManifestBytes,
  parseManifest,
  promisedChunks,
  writeManifest,
  type Manifest,
} from './manifest';

/** Before compression: fits the broker's default message limit of about 1 MB even where nothing can be compressed. */
const chunkBytes = 768 * 1024;
/** What a chunk may unfold to: its rows, plus one row that is longer than the rest. */
const maxUnfoldedBytes = 2 * 1024 * 1024;
/** All headers of a record: the manifest, and what stands beside it. They are kept with the bytes. */
const maxHeadersLength = maxManifestBytes + 16_384;
const version = 1;
const newline = 0x0a;

/** One process' text, or a piece of it, as it stands in the log. */
export interface RawChunk {
  readonly cluster: string;
  readonly node: string;
  readonly slot: number;
  readonly intervalMs: number;
  readonly source: string;
  /** When the poll began, ms since the epoch: tells two polls of one slot and source apart. */
  readonly startedAt: number;
  /** Empty when no process of the node answered: such a record carries the manifest alone. */
  readonly process: string;
  readonly part: number;
  readonly parts: number;
  readonly manifest: Manifest;
  /** Still compressed: `unfoldChunk` reads it. */
  readonly value: Buffer;
  /** It is here once more, by the hand of an operator: `haproxystats dlq replay`. */
  readonly isPutBack?: true;
}

/**
 * A poll as records: per process one or more chunks, cut between rows, each with the CSV's header. `onTagsLeftOut` hears how many tags
 * of unknown columns had no room beside the names of the processes. Throws RangeError where even these are too much.
 */
export function rawRecords(poll: Poll, onTagsLeftOut?: (tags: number) => void): LogRecord[] {
  const texts = poll.replies.map((reply) => ({ process: reply.process, values: valuesOf(reply) }));
  const chunks = Object.fromEntries(texts.map(({ process, values }) => [process, values.length]));
  const { json, tagsLeftOut } = writeManifest(manifestOf(poll, chunks), poll.node);
  if (tagsLeftOut > 0) onTagsLeftOut?.(tagsLeftOut);
  const common = commonHeaders(poll, json);
  const record = (process: string, part: string, value: Buffer): LogRecord => ({
    key: `${poll.cluster}/${poll.node}`,
    headers: { ...common, 'hs-proc': process, 'hs-part': part },
    value,
  });
  if (texts.length === 0) return [record('', '0/0', Buffer.alloc(0))];
  return texts.flatMap(({ process, values }) =>
    values.map((value, part) => record(process, `${part}/${values.length}`, value)),
  );
}

function commonHeaders(poll: Poll, manifest: string): Record<string, string> {
  return {
    'hs-v': String(version),
    'hs-cluster': poll.cluster,
    'hs-node': poll.node,
    'hs-slot': String(poll.slot),
    'hs-interval': String(poll.intervalMs),
    'hs-src': poll.source,
    'hs-poll': String(poll.startedAt),
    'hs-man': manifest,
  };
}

/**
 * A process' chunks, compressed. The first begins with `show info` and an empty line; every one has the header of `show stat`
 * before its rows.
 */
function valuesOf({ process, info, stat }: ProcessReply): Buffer[] {
  const header = stat.subarray(0, stat.indexOf(newline) + 1);
  const values: Buffer[] = [];
  let head = [info, Buffer.of(newline), header];
  let start = header.length;
  do {
    const end = rowEnd(stat, start, chunkBytes - bytesOf(head));
    values.push(compressed(joined([...head, stat.subarray(start, end)])));
    head = [header];
    start = end;
  } while (start < stat.length);
  if (values.length > maxChunks) {
    throw new RangeError(
      `process ${process}: its statistics take ${values.length} chunks, ${maxChunks} are allowed`,
    );
  }
  return values;
}

/** How much smaller the last chunk became, and a little more: so much memory the next one is given, at once. */
let share = 1 / 4;

function compressed(bytes: Buffer): Buffer {
  const value = compress(bytes, bytes.length * share);
  share = Math.min(1, (value.length / bytes.length) * 1.1);
  return value;
}

/** Where the chunks are put together before they are compressed, one after the other: of all polls, so that polling leaves no garbage. */
let scratch = Buffer.alloc(0);

/** The pieces one behind the other, in `scratch` where they fit. */
function joined(pieces: readonly Buffer[]): Buffer {
  const bytes = bytesOf(pieces);
  if (bytes > chunkBytes) return Buffer.concat(pieces);
  if (bytes > scratch.length) scratch = Buffer.allocUnsafeSlow(Math.min(2 * bytes, chunkBytes));
  let at = 0;
  for (const piece of pieces) at += piece.copy(scratch, at);
  return scratch.subarray(0, bytes);
}

function bytesOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** The end of the last whole row within `room` bytes from `start`, or of the first row when none fits. */
function rowEnd(stat: Buffer, start: number, room: number): number {
  if (stat.length - start <= room) return stat.length;
  const fit = stat.lastIndexOf(newline, start + Math.max(room, 1) - 1);
  if (fit >= start) return fit + 1;
  const first = stat.indexOf(newline, start);
  return first === -1 ? stat.length : first + 1;
}

/** Reads the headers of a raw record. Throws RecordFormatError. */
export function readRawChunk(entry: Pick<LogEntry, 'headers' | 'value'>): RawChunk {
  const headers = new HeaderReader(entry.headers, maxHeadersLength);
  headers.version('hs-v', version);
  const chunk = {
    cluster: headers.name('hs-cluster'),
    node: headers.name('hs-node'),
    slot: headers.integer('hs-slot', slotRange),
    intervalMs: headers.integer('hs-interval', intervalRange),
    source: headers.name('hs-src'),
    startedAt: headers.integer('hs-poll', slotRange),
    process: headers.text('hs-proc'),
    ...headers.part('hs-part', maxChunks),
    manifest: parseManifest(headers.text('hs-man', maxManifestBytes)),
    value: entry.value,
    ...(replaysOf(entry.headers) > 0 && { isPutBack: true as const }),
  };
  const promised = promisedChunks(chunk.manifest, chunk.process);
  if (promised !== chunk.parts) {
    throw new RecordFormatError(
      `process ${JSON.stringify(chunk.process)}: part ${chunk.part} of ${chunk.parts}, but the manifest says ${promised}`,
    );
  }
  return chunk;
}

/** The text of a chunk: `info` is empty in all but the first. Throws RecordFormatError when the bytes are damaged. */
export function unfoldChunk({ process, part, value }: Pick<RawChunk, 'process' | 'part' | 'value'>): {
  info: Buffer;
  stat: Buffer;
} {
  const text = unfold(value, `process '${process}', part ${part}`);
  if (part > 0) return { info: text.subarray(0, 0), stat: text };
  const empty = text.indexOf('\n\n');
  if (empty === -1) throw new RecordFormatError(`process '${process}': no empty line behind 'show info'`);
  return { info: text.subarray(0, empty + 1), stat: text.subarray(empty + 2) };
}

function unfold(value: Buffer, what: string): Buffer {
  try {
    return decompress(value, maxUnfoldedBytes);
  } catch (error) {
    throw new RecordFormatError(`${what}: the value cannot be decompressed`, { cause: error });
  }
}
