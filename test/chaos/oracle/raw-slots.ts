import { zstdDecompressSync } from 'node:zlib';
import { addCsv, type Sums } from '../../support/show-stat';
import { slotKey, type LogRead } from './records';

/** `proxy server counter` -> value: what one process, or several together, have counted. */
export type Counters = ReadonlyMap<string, number>;

/** A process whose text lies whole in the raw topic. */
export interface ArrivedProcess {
  /** Log time of its last piece. */
  readonly appendedAt: number;
  readonly counters: Counters;
}

/** All that the raw topic says of one node and slot. */
export interface RawSlot {
  readonly cluster: string;
  readonly node: string;
  readonly slot: number;
  readonly intervalMs: number;
  /** By how much the clock of the node was ahead when it was polled, ms. */
  readonly skewMs: number;
  /** When the poll began, ms since the epoch by the clock of the node. */
  readonly startedAt: number;
  /** Log time of its first record: grace begins here. */
  readonly firstAppendedAt: number;
  /** What the manifests name, also what failed at its socket. */
  readonly expected: ReadonlySet<string>;
  /** Of these, what failed: the begins of the polls that gave it up. */
  readonly failed: ReadonlyMap<string, ReadonlySet<number>>;
  /** The first whole answer of each process. */
  readonly arrived: ReadonlyMap<string, ArrivedProcess>;
}

interface OpenSlot extends RawSlot {
  readonly expected: Set<string>;
  readonly failed: Map<string, Set<number>>;
  skewMs: number;
  readonly arrived: Map<string, ArrivedProcess>;
  /** By process and poll: the pieces so far. */
  readonly pieces: Map<string, (string | undefined)[]>;
}

interface Manifest {
  readonly chunks: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, string>>;
}

const headers = ['hs-cluster', 'hs-node', 'hs-slot', 'hs-interval', 'hs-poll', 'hs-src', 'hs-part', 'hs-man'];
const leastSkewMs = 2_500;
const largestText = 2 * 1024 * 1024;

/** Reads the raw topic by itself: zlib, JSON and a CSV reader of the tests, nothing of the product. */
export class RawSlots {
  readonly #slots = new Map<string, OpenSlot>();
  /** Whole answers of processes, each once however often it was written. */
  readonly #answers = new Set<string>();
  #unreadable = 0;

  /** `onAnswer` says when the socket gave this answer, ms since the epoch. */
  constructor(
    private readonly onAnswer: (info: string, stat: string) => number | undefined = () => undefined,
  ) {}

  get slots(): ReadonlyMap<string, RawSlot> {
    return this.#slots;
  }

  /** Records that are no poll: poison. */
  get unreadable(): number {
    return this.#unreadable;
  }

  add(record: LogRead): void {
    const manifest = manifestOf(record);
    if (!manifest) {
      this.#unreadable++;
      return;
    }
    const slot = this.#slotOf(record);
    for (const process of [...Object.keys(manifest.chunks), ...Object.keys(manifest.failed)])
      slot.expected.add(process);
    const startedAt = Number(record.headers['hs-poll']);
    for (const process of Object.keys(manifest.failed)) {
      const begins = slot.failed.get(process) ?? new Set();
      slot.failed.set(process, begins.add(startedAt));
    }
    const process = record.headers['hs-proc'] ?? '';
    if (process !== '') this.#take(slot, process, record);
  }

  #take(slot: OpenSlot, process: string, record: LogRead): void {
    const { headers, value, appendedAt } = record;
    const [part = 0, parts = 0] = headers['hs-part']!.split('/').map(Number);
    const poll = `${process} ${headers['hs-src']!} ${headers['hs-poll']!}`;
    const pieces = slot.pieces.get(poll) ?? new Array<string | undefined>(parts).fill(undefined);
    slot.pieces.set(poll, pieces);
    const text = textOf(value);
    if (text === undefined) this.#unreadable++;
    pieces[part] ??= text;
    const texts = pieces.filter((piece) => piece !== undefined);
    if (texts.length < parts) return;
    this.#tell(slot, poll, texts[0]!);
    if (!slot.arrived.has(process)) slot.arrived.set(process, { appendedAt, counters: countersOf(texts) });
  }

  #tell(slot: OpenSlot, poll: string, first: string): void {
    if (this.#answers.has(poll)) return;
    this.#answers.add(poll);
    const givenAt = this.onAnswer(...halvesOf(first));
    if (slot.arrived.size === 0 && givenAt !== undefined) slot.skewMs = skewOf(slot.startedAt - givenAt);
  }

  #slotOf({ headers, appendedAt }: LogRead): OpenSlot {
    const cluster = headers['hs-cluster']!;
    const node = headers['hs-node']!;
    const slot = Number(headers['hs-slot']);
    const key = slotKey(cluster, node, slot);
    const known = this.#slots.get(key);
    if (known) return known;
    const opened: OpenSlot = {
      ...{ cluster, node, slot, intervalMs: Number(headers['hs-interval']) },
      ...{ startedAt: Number(headers['hs-poll']), firstAppendedAt: appendedAt, skewMs: 0 },
      expected: new Set(),
      failed: new Map(),
      arrived: new Map(),
      pieces: new Map(),
    };
    this.#slots.set(key, opened);
    return opened;
  }
}

/** Seconds by which a clock was set; less is the time that an answer takes. */
function skewOf(aheadMs: number): number {
  return Math.abs(aheadMs) < leastSkewMs ? 0 : 1_000 * Math.round(aheadMs / 1_000);
}

/** Undefined for a record that is no piece of a poll. */
function manifestOf(record: LogRead): Manifest | undefined {
  if (record.headers['hs-v'] !== '1' || headers.some((name) => record.headers[name] === undefined))
    return undefined;
  try {
    return JSON.parse(record.headers['hs-man']!) as Manifest;
  } catch {
    return undefined;
  }
}

function textOf(value: Buffer): string | undefined {
  try {
    return zstdDecompressSync(value, { maxOutputLength: largestText }).toString('latin1');
  } catch {
    return undefined;
  }
}

/** `show info`, an empty line, `show stat`. */
function halvesOf(text: string): [info: string, stat: string] {
  const at = text.indexOf('\n\n');
  return [text.slice(0, at + 1), text.slice(at + 2)];
}

function countersOf([first = '', ...others]: readonly string[]): Counters {
  const sums: Sums = new Map();
  for (const csv of [halvesOf(first)[1], ...others]) addCsv(sums, csv);
  const rows = [...sums].flatMap(([entity, row]) =>
    [...row].map(([counter, value]) => [`${entity} ${counter}`, value] as const),
  );
  return new Map(rows);
}
