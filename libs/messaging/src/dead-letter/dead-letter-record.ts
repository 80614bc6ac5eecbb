import type { LogEntry, LogRecord } from '../log';
import { HeaderReader, RecordFormatError } from '../record-headers';
import type { DeadLetter } from './dead-letter';
import { senderOf, type Sender } from './sender';

const version = 1;
/** Of the headers that the queue adds; a record that came with such loses them. */
const added = 'hs-dlq-';
/** How often a record was put back by an operator. */
const replaysHeader = 'hs-replays';

/** Below the broker's default message limit of 1,048,588, with room for what Kafka adds. */
const maxLetterBytes = 1_000_000;
/** Of the original's headers, together; a manifest takes up to 64 KiB. */
const maxHeaderBytes = 128 * 1024;
const maxHeaders = 64;
const maxKeyBytes = 1_024;
const maxErrorLength = 500;

/** What of the original had no room in its letter. */
export type Cut = 'key' | 'headers' | 'value';

/** A letter as it is written; with anything cut it can be looked at, not put back. */
export interface WrittenLetter {
  readonly record: LogRecord;
  readonly cut: readonly Cut[];
}

/** A letter in the queue. */
export interface StoredLetter extends Sender {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** When the original's log took it, ms. */
  readonly appendedAt: number;
  /** The consumer group that could not read it. */
  readonly reader: string;
  readonly reason: string;
  readonly error: string;
  /** Of the original's value, also where that is cut. */
  readonly bytes: number;
  readonly cut: readonly string[];
  /** How often the original had been put back before it failed. */
  readonly replays: number;
}

/**
 * The original's key, headers and bytes as they stood in the log, and beside them, in headers of our own, where that was and why it cannot
 * be read. What is too large for a record is left out whole, and named.
 */
export function deadLetterRecord(
  { entry, headersLost, reason, error }: DeadLetter,
  reader: string,
): WrittenLetter {
  const key = Buffer.byteLength(entry.key) <= maxKeyBytes ? entry.key : '';
  const { kept, left } = boundedHeaders(entry.headers);
  const ours = {
    v: String(version),
    topic: entry.topic,
    partition: String(entry.partition),
    offset: String(entry.offset),
    appended: String(entry.appendedAt),
    reader,
    reason,
    error: oneLine(error),
    bytes: String(entry.value.length),
    ...named(senderOf(entry.headers)),
  };
  const headers = { ...kept, ...prefixed(ours) };
  const fits = bytesOf(headers) + Buffer.byteLength(key) + entry.value.length <= maxLetterBytes;
  const cut: Cut[] = [
    ...(key === entry.key ? [] : ['key' as const]),
    ...(left || headersLost ? ['headers' as const] : []),
    ...(fits ? [] : ['value' as const]),
  ];
  const told = cut.length === 0 ? {} : { [`${added}cut`]: cut.join(' ') };
  const value = fits ? entry.value : Buffer.alloc(0);
  return { record: { key, headers: { ...headers, ...told }, value }, cut };
}

function named({ node, slot, process }: Sender): Record<string, string> {
  return {
    ...(node !== undefined && { node }),
    ...(slot !== undefined && { slot: String(slot) }),
    ...(process !== undefined && { process }),
  };
}

function prefixed(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [added + name, value]));
}

/** In their order, each whole or not at all. */
function boundedHeaders(headers: LogRecord['headers']): { kept: Record<string, string>; left: boolean } {
  const kept: Record<string, string> = {};
  const names = Object.keys(headers).filter((name) => !name.startsWith(added));
  let room = maxHeaderBytes;
  let count = 0;
  for (const name of names) {
    const bytes = Buffer.byteLength(name) + Buffer.byteLength(headers[name]!);
    if (bytes > room || count >= maxHeaders) continue;
    kept[name] = headers[name]!;
    room -= bytes;
    count++;
  }
  return { kept, left: count < names.length };
}

function bytesOf(headers: LogRecord['headers']): number {
  return Object.entries(headers).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value) + 4,
    0,
  );
}

/** With its cause: that is where zlib and JSON say what is wrong. */
function oneLine({ message, cause }: Error): string {
  const deeper = (cause as { message?: unknown } | undefined)?.message;
  const whole = typeof deeper === 'string' ? `${message}: ${deeper}` : message;
  return whole.replace(/[\s\p{Cc}]+/gu, ' ').slice(0, maxErrorLength);
}

/** Reads a letter's headers. Throws RecordFormatError. */
export function readDeadLetter({ headers }: Pick<LogEntry, 'headers'>): StoredLetter {
  const reader = new HeaderReader(headers);
  reader.version(`${added}v`, version);
  const text = (name: string, length?: number): string => reader.text(added + name, length);
  const number = (name: string): number =>
    reader.integer(added + name, { min: 0, max: Number.MAX_SAFE_INTEGER });
  const optional = (name: string): string | undefined => headers[added + name]?.slice(0, maxKeyBytes);
  const slot = optional('slot');
  return {
    topic: text('topic'),
    partition: number('partition'),
    offset: number('offset'),
    appendedAt: number('appended'),
    reader: text('reader'),
    reason: text('reason', 64),
    error: text('error'),
    bytes: number('bytes'),
    node: optional('node'),
    slot: slot === undefined ? undefined : Number(slot),
    process: optional('process'),
    cut: (optional('cut') ?? '').split(' ').filter((part) => part !== ''),
    replays: replaysOf(headers),
  };
}

/** How often a record was put back by an operator. What no program of ours has written counts as never. */
export function replaysOf(headers: LogRecord['headers']): number {
  const text = headers[replaysHeader] ?? '';
  return /^\d{1,3}$/.test(text) ? Number(text) : 0;
}

/** The original of a letter, to be put back where it was: its key, its headers and one that says so, its bytes. Throws RecordFormatError for a letter that is not whole. */
export function originalRecord(entry: Pick<LogEntry, 'key' | 'headers' | 'value'>): LogRecord {
  const { cut, replays } = readDeadLetter(entry);
  if (cut.length > 0) throw new RecordFormatError(`its ${cut.join(' and ')} had no room in its letter`);
  const own = Object.entries(entry.headers).filter(([name]) => !name.startsWith(added));
  const headers = { ...Object.fromEntries(own), [replaysHeader]: String(replays + 1) };
  return { key: entry.key, headers, value: entry.value };
}

/** Says of the letter at that place in the queue that it was put back: the queue of a Kafka cannot lose single records. */
export function replayMark({
  key,
  partition,
  offset,
}: Pick<LogEntry, 'key' | 'partition' | 'offset'>): LogRecord {
  return { key, headers: { [`${added}replayed`]: `${partition}/${offset}` }, value: Buffer.alloc(0) };
}

/** `partition/offset` of the letter that was put back; undefined for what is no such mark. */
export function markedLetter({ headers }: Pick<LogEntry, 'headers'>): string | undefined {
  return headers[`${added}replayed`];
}
