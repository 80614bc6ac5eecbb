import type { LogEntry, Position, RawChunk } from '@haproxystats/messaging';
import { Snapshot } from './snapshot';

/** A snapshot's way: it holds the watermark until what is there of it has been emitted. */
interface Holder {
  readonly snapshot: Snapshot;
  /** Where reading must start again to rebuild what is not emitted yet; undefined when all of it is. */
  heldFrom: number | undefined;
}

/** In intervals of the node: how long an incomplete snapshot is waited for. */
const graceIntervals = 1.5;
/** How long a snapshot is remembered that has been emitted. */
const rememberedMs = 60_000;

/** Log time from the first record of a snapshot until it is emitted as it is. */
export function graceMs({ intervalMs }: Pick<Snapshot, 'intervalMs'>): number {
  return graceIntervals * intervalMs;
}

/** Bounds of one partition's memory; beyond them the oldest snapshot is emitted as it is. */
export const maxHeldBytes = 256 * 1024 * 1024;
export const maxHeldSnapshots = 10_000;

/** The snapshots of one partition session that are open, or closed but remembered so that a late part finds them. */
export class PartitionState {
  readonly #holders = new Map<string, Holder>();
  #next = 0;
  #bytes = 0;

  /** Compressed bytes of chunks held. */
  get bytes(): number {
    return this.#bytes;
  }

  get overfull(): boolean {
    return this.#bytes > maxHeldBytes || this.#holders.size > maxHeldSnapshots;
  }

  /** Whatever the record was: it has been seen. */
  pass(entry: LogEntry): void {
    this.#next = entry.next;
  }

  /** Takes a chunk; answers its snapshot when that changed. */
  take(chunk: RawChunk, { offset, appendedAt }: LogEntry): Snapshot | undefined {
    const holder = this.#holderOf(chunk, { offset, appendedAt });
    const before = holder.snapshot.bytes;
    const news = holder.snapshot.add(chunk);
    this.#bytes += holder.snapshot.bytes - before;
    if (!news) return undefined;
    holder.heldFrom ??= offset;
    return holder.snapshot;
  }

  /** Everything that has arrived of it has been emitted, by this processor or another. */
  settle(snapshot: Snapshot): void {
    const holder = this.#holders.get(keyOf(snapshot));
    if (holder) holder.heldFrom = undefined;
  }

  /** Those with something not emitted yet, oldest first. */
  unsettled(): Snapshot[] {
    return [...this.#holders.values()]
      .filter(({ heldFrom }) => heldFrom !== undefined)
      .map(({ snapshot }) => snapshot);
  }

  /**
   * Lets go of what is settled: the bytes once grace is over and nothing is missing, because then only a repetition can come;
   * all of it after `rememberedMs`. Until then a late process, or a second puller, adds to what is here.
   */
  age(now: number): void {
    for (const [key, { snapshot, heldFrom }] of this.#holders) {
      const age = now - snapshot.first.appendedAt;
      if (heldFrom !== undefined || age < graceMs(snapshot)) continue;
      if (age >= rememberedMs || snapshot.whole) this.#forget(snapshot);
      if (age >= rememberedMs) this.#holders.delete(key);
    }
  }

  /** Up to where everything has been emitted. */
  position(): Position {
    let watermark = this.#next;
    for (const { heldFrom } of this.#holders.values()) {
      if (heldFrom !== undefined && heldFrom < watermark) watermark = heldFrom;
    }
    return { watermark, base: watermark };
  }

  #forget(snapshot: Snapshot): void {
    this.#bytes -= snapshot.bytes;
    snapshot.forget();
  }

  #holderOf(chunk: RawChunk, first: { offset: number; appendedAt: number }): Holder {
    const key = keyOf(chunk);
    let holder = this.#holders.get(key);
    if (!holder) {
      holder = { snapshot: new Snapshot(chunk, first), heldFrom: undefined };
      this.#holders.set(key, holder);
    }
    return holder;
  }
}

function keyOf({ cluster, node, slot }: Pick<Snapshot, 'cluster' | 'node' | 'slot'>): string {
  return `${cluster}/${node} ${slot}`;
}
