import type { FailureReason } from '@haproxystats/haproxy';
import type { Manifest, RawChunk } from '@haproxystats/messaging';

/** Where a snapshot begins in the log. */
export interface Arrival {
  readonly offset: number;
  /** Log time in ms. */
  readonly appendedAt: number;
}

/**
 * What has arrived of one node and slot: the chunks of its processes, still compressed, and the manifests that say what to expect.
 * The same chunk arriving again (a puller's retry, a replay, a second puller) changes nothing: the first in log order counts.
 */
export class Snapshot {
  readonly cluster: string;
  readonly node: string;
  readonly slot: number;
  readonly intervalMs: number;
  readonly #sources = new Set<string>();
  readonly #expected = new Map<string, FailureReason | undefined>();
  readonly #chunks = new Map<string, (Buffer | undefined)[]>();
  readonly #arrived = new Set<string>();
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

  /** Processes of which every chunk is here. */
  get arrived(): ReadonlySet<string> {
    return this.#arrived;
  }

  /** Each expected process has arrived, or failed at the source. */
  get complete(): boolean {
    for (const [process, failure] of this.#expected) {
      if (failure === undefined && !this.#arrived.has(process)) return false;
    }
    return true;
  }

  /** Every expected process has arrived. */
  get whole(): boolean {
    return this.#arrived.size === this.#expected.size;
  }

  /** Why a process gave no answer; undefined when it did, or should have. */
  failureOf(process: string): FailureReason | undefined {
    return this.#expected.get(process);
  }

  chunksOf(process: string): readonly Buffer[] {
    return (this.#chunks.get(process) ?? []).filter((chunk) => chunk !== undefined);
  }

  /** Takes a chunk; answers whether it is news. */
  add(chunk: RawChunk): boolean {
    if (this.#forgotten) return false;
    const known = this.#sources.has(chunk.source);
    if (!known) {
      this.#sources.add(chunk.source);
      this.#expect(chunk.manifest);
    }
    return this.#keep(chunk) || !known;
  }

  /** Lets go of the bytes once all that was expected has been emitted; whatever arrives again is no news. */
  forget(): void {
    this.#chunks.clear();
    this.#bytes = 0;
    this.#forgotten = true;
  }

  #expect({ chunks, failed }: Manifest): void {
    for (const process of Object.keys(chunks)) this.#expected.set(process, undefined);
    for (const [process, reason] of Object.entries(failed)) {
      // Another puller may have reached it.
      if (!this.#expected.has(process)) this.#expected.set(process, reason);
    }
  }

  #keep({ process, part, parts, value }: RawChunk): boolean {
    if (parts === 0) return false;
    const chunks = this.#chunks.get(process) ?? new Array<Buffer | undefined>(parts).fill(undefined);
    this.#chunks.set(process, chunks);
    if (part >= chunks.length || chunks[part] !== undefined) return false;
    chunks[part] = value;
    this.#bytes += value.length;
    if (chunks.every((chunk) => chunk !== undefined)) this.#arrived.add(process);
    return true;
  }
}
