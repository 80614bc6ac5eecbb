import type { FailureReason, Tags } from '@haproxystats/haproxy';
import {
  maxProcesses,
  promisedChunks,
  RecordFormatError,
  type Manifest,
  type RawChunk,
} from '@haproxystats/messaging';

/** Where a snapshot begins in the log. */
export interface Arrival {
  readonly offset: number;
  /** Log time in ms. */
  readonly appendedAt: number;
}

/** A process, all of whose chunks are here. */
interface Arrived {
  readonly chunks: readonly Buffer[];
  /** When the poll began that took them, ms since the epoch. */
  readonly askedAt: number;
}

/** The chunks of one process as one poll took them. */
type Taken = (Buffer | undefined)[];

/** Of one slot: several pullers may ask a node, and one that starts again may ask once more. More is no poll but a fault or an attack. */
const maxPolls = 16;
/** What a name, or the place of a chunk, takes in memory beside its own characters, roughly. */
const nameBytes = 128;
const placeBytes = 8;

/**
 * What has arrived of one node and slot: the chunks of its processes, still compressed, and the manifests that say what to expect.
 * Each process counts once: as the first poll took it whose chunks are all here. Chunks of two polls are never mixed.
 */
export class Snapshot {
  readonly cluster: string;
  readonly node: string;
  readonly slot: number;
  readonly intervalMs: number;
  /** Of records that an operator has put back: what of its slot came before is not in it. */
  readonly isPutBack: boolean;
  /** Something of its slot was emitted, by this processor or another, as far as the log and the ledger tell. */
  wasEmitted = false;
  readonly #sources = new Set<string>();
  /** By poll (source and start): the manifest that came first, to which all its chunks must keep. */
  readonly #polls = new Map<string, Manifest>();
  readonly #expected = new Map<string, FailureReason | undefined>();
  /** By process and poll; only until the process has arrived. */
  readonly #arriving = new Map<string, Map<string, Taken>>();
  readonly #arrived = new Map<string, Arrived>();
  #isForgotten = false;
  #tags: Tags | undefined;
  #bytes = 0;

  constructor(
    chunk: RawChunk,
    readonly first: Arrival,
  ) {
    this.cluster = chunk.cluster;
    this.node = chunk.node;
    this.slot = chunk.slot;
    this.intervalMs = chunk.intervalMs;
    this.isPutBack = chunk.isPutBack === true;
  }

  /** Memory held: compressed bytes and names. */
  get bytes(): number {
    return this.#bytes;
  }

  get sources(): readonly string[] {
    return [...this.#sources];
  }

  /** Every process that a manifest names. */
  get expected(): readonly string[] {
    return [...this.#expected.keys()];
  }

  /** What HAProxy says of columns that the puller's catalogue does not know, as the last manifest that says something has it. */
  get tags(): Tags | undefined {
    return this.#tags;
  }

  /** Processes of which every chunk is here. */
  get arrived(): readonly string[] {
    return [...this.#arrived.keys()];
  }

  /** How many they are. */
  get arrivals(): number {
    return this.#arrived.size;
  }

  /** Only names are left. */
  get isForgotten(): boolean {
    return this.#isForgotten;
  }

  /** Each expected process has arrived, or failed at the source. */
  get complete(): boolean {
    for (const [process, failure] of this.#expected) {
      if (failure === undefined && !this.#arrived.has(process)) return false;
    }
    return true;
  }

  /** A process that is expected has not arrived, whether or not it failed at the source. */
  get lacksProcess(): boolean {
    return this.#arrived.size < this.#expected.size;
  }

  /** Why a process gave no answer; undefined when it did, or should have. */
  failureOf(process: string): FailureReason | undefined {
    return this.#expected.get(process);
  }

  chunksOf(process: string): readonly Buffer[] {
    return this.#arrived.get(process)?.chunks ?? [];
  }

  /** When the poll began in which the process answered, ms since the epoch by the puller's clock; undefined when it did not. */
  askedAt(process: string): number | undefined {
    return this.#arrived.get(process)?.askedAt;
  }

  /** Takes a chunk; answers whether it is news. Throws RecordFormatError for one that contradicts its poll, or goes beyond the bounds of a slot. */
  add(chunk: RawChunk): boolean {
    const poll = `${chunk.source} ${chunk.startedAt}`;
    const manifest = this.#polls.get(poll);
    if (manifest) checkKept(manifest, chunk);
    else this.#begin(poll, chunk);
    return this.#keep(chunk, poll) || !manifest;
  }

  /** Lets go of the bytes; the names of those that have arrived stay. It takes nothing more then. */
  forget(): void {
    this.#arriving.clear();
    this.#polls.clear();
    this.#expected.clear();
    this.#isForgotten = true;
    for (const [process, { askedAt }] of this.#arrived) this.#arrived.set(process, { chunks: [], askedAt });
    this.#bytes = namesBytes(this.#arrived.keys());
  }

  #begin(poll: string, { source, manifest }: RawChunk): void {
    const names = [...Object.keys(manifest.chunks), ...Object.keys(manifest.failed)];
    const news = names.filter((process) => !this.#expected.has(process));
    if (this.#polls.size >= maxPolls)
      throw new RecordFormatError(`more than ${maxPolls} polls of one slot of node ${this.node}`);
    if (this.#expected.size + news.length > maxProcesses)
      throw new RecordFormatError(
        `the polls of one slot of node ${this.node} name more than ${maxProcesses} processes`,
      );
    this.#polls.set(poll, manifest);
    this.#sources.add(source);
    this.#bytes += namesBytes(names);
    this.#expect(manifest);
  }

  #expect({ chunks, failed, tags }: Manifest): void {
    this.#tags = tags ?? this.#tags;
    for (const process of Object.keys(chunks)) this.#expected.set(process, undefined);
    for (const [process, reason] of Object.entries(failed)) {
      // Another puller may have reached it.
      if (!this.#expected.has(process)) this.#expected.set(process, reason);
    }
  }

  #keep({ process, part, parts, value, startedAt }: RawChunk, poll: string): boolean {
    if (parts === 0 || this.#arrived.has(process)) return false;
    const taken = this.#takenBy(process, poll, parts);
    if (taken[part] !== undefined) return false;
    taken[part] = value;
    this.#bytes += value.length;
    const whole = taken.filter((chunk) => chunk !== undefined);
    if (whole.length === parts) this.#arrive(process, { chunks: whole, askedAt: startedAt });
    return true;
  }

  #takenBy(process: string, poll: string, parts: number): Taken {
    const polls = this.#arriving.get(process) ?? new Map<string, Taken>();
    this.#arriving.set(process, polls);
    const known = polls.get(poll);
    if (known) return known;
    const taken = new Array<Buffer | undefined>(parts).fill(undefined);
    polls.set(poll, taken);
    this.#bytes += bytesOf(taken);
    return taken;
  }

  /** What other polls have brought of the process is not needed any more. */
  #arrive(process: string, arrived: Arrived): void {
    for (const taken of this.#arriving.get(process)?.values() ?? []) this.#bytes -= bytesOf(taken);
    this.#arriving.delete(process);
    this.#arrived.set(process, arrived);
    this.#bytes += bytesOf(arrived.chunks);
  }
}

/** What came first of a poll counts: a chunk that says otherwise would never let it be whole, or add what nobody expects. */
function checkKept(manifest: Manifest, { process, part, parts, source }: RawChunk): void {
  const promised = promisedChunks(manifest, process);
  if (promised === parts) return;
  throw new RecordFormatError(
    `process ${JSON.stringify(process)}: part ${part} of ${parts}, but an earlier record of the same poll by ${source} says ${promised}`,
  );
}

function namesBytes(names: Iterable<string>): number {
  return [...names].reduce((sum, name) => sum + name.length + nameBytes, 0);
}

function bytesOf(chunks: readonly (Buffer | undefined)[]): number {
  return chunks.reduce((sum, chunk) => sum + (chunk?.length ?? 0), placeBytes * chunks.length);
}
