import type { FailureReason, Tags } from '@haproxystats/haproxy';
import type { Manifest, RawChunk } from '@haproxystats/messaging';

/** Where a snapshot begins in the log. */
export interface Arrival {
  readonly offset: number;
  /** Log time in ms. */
  readonly appendedAt: number;
}

/** The chunks of one process as one poll took them. */
type Taken = (Buffer | undefined)[];

/**
 * What has arrived of one node and slot: the chunks of its processes, still compressed, and the manifests that say what to expect.
 * Each process counts once: as the first poll took it whose chunks are all here. Chunks of two polls are never mixed.
 */
export class Snapshot {
  readonly cluster: string;
  readonly node: string;
  readonly slot: number;
  readonly intervalMs: number;
  readonly #sources = new Set<string>();
  /** The polls (source and start) whose manifest was read. */
  readonly #polls = new Set<string>();
  readonly #expected = new Map<string, FailureReason | undefined>();
  /** By process and poll; only until the process has arrived. */
  readonly #arriving = new Map<string, Map<string, Taken>>();
  readonly #arrived = new Map<string, readonly Buffer[]>();
  #tags: Tags | undefined;
  #bytes = 0;
  #forgotten = false;

  constructor(
    chunk: RawChunk,
    readonly first: Arrival,
  ) {
    this.cluster = chunk.cluster;
    this.node = chunk.node;
    this.slot = chunk.slot;
    this.intervalMs = chunk.intervalMs;
  }

  /** Compressed bytes held. */
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

  /** Each expected process has arrived, or failed at the source. */
  get complete(): boolean {
    for (const [process, failure] of this.#expected) {
      if (failure === undefined && !this.#arrived.has(process)) return false;
    }
    return true;
  }

  /** Its bytes are gone: whatever arrives for it now comes too late. */
  get forgotten(): boolean {
    return this.#forgotten;
  }

  /** Why a process gave no answer; undefined when it did, or should have. */
  failureOf(process: string): FailureReason | undefined {
    return this.#expected.get(process);
  }

  chunksOf(process: string): readonly Buffer[] {
    return this.#arrived.get(process) ?? [];
  }

  /** Takes a chunk; answers whether it is news. */
  add(chunk: RawChunk): boolean {
    if (this.#forgotten) return false;
    const poll = `${chunk.source} ${chunk.startedAt}`;
    const known = this.#polls.has(poll);
    if (!known) {
      this.#polls.add(poll);
      this.#sources.add(chunk.source);
      this.#expect(chunk.manifest);
    }
    return this.#keep(chunk, poll) || !known;
  }

  /** Lets go of the bytes; the names of those that have arrived stay. */
  forget(): void {
    this.#arriving.clear();
    for (const process of this.#arrived.keys()) this.#arrived.set(process, []);
    this.#bytes = 0;
    this.#forgotten = true;
  }

  #expect({ chunks, failed, tags }: Manifest): void {
    this.#tags = tags ?? this.#tags;
    for (const process of Object.keys(chunks)) this.#expected.set(process, undefined);
    for (const [process, reason] of Object.entries(failed)) {
      // Another puller may have reached it.
      if (!this.#expected.has(process)) this.#expected.set(process, reason);
    }
  }

  #keep({ process, part, parts, value }: RawChunk, poll: string): boolean {
    if (parts === 0 || this.#arrived.has(process)) return false;
    const taken = this.#takenBy(process, poll, parts);
    if (taken[part] !== undefined) return false;
    taken[part] = value;
    this.#bytes += value.length;
    const whole = taken.filter((chunk) => chunk !== undefined);
    if (whole.length === parts) this.#arrive(process, whole);
    return true;
  }

  #takenBy(process: string, poll: string, parts: number): Taken {
    const polls = this.#arriving.get(process) ?? new Map<string, Taken>();
    this.#arriving.set(process, polls);
    const taken = polls.get(poll) ?? new Array<Buffer | undefined>(parts).fill(undefined);
    polls.set(poll, taken);
    return taken;
  }

  /** What other polls have brought of the process is not needed any more. */
  #arrive(process: string, chunks: readonly Buffer[]): void {
    for (const taken of this.#arriving.get(process)?.values() ?? []) this.#bytes -= bytesOf(taken);
    this.#arriving.delete(process);
    this.#arrived.set(process, chunks);
    this.#bytes += bytesOf(chunks);
  }
}

function bytesOf(chunks: readonly (Buffer | undefined)[]): number {
  return chunks.reduce((sum, chunk) => sum + (chunk?.length ?? 0), 0);
}
