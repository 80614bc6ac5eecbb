import type { LogEntry, Position, RawChunk } from '@haproxystats/messaging';
import { slotTtlMs } from '../coordinator/coordinator';
import { Snapshot } from './snapshot';

/** A snapshot holds the watermark until what is there of it has been emitted. */
interface Holder {
  readonly snapshot: Snapshot;
  /** Where reading must start again to rebuild what is not emitted yet; undefined when all of it is: the snapshot is settled. */
  heldFrom: number | undefined;
}

/** In intervals of the node: how long an incomplete snapshot is waited for. */
const graceIntervals = 1.5;
/** How long after its first record a snapshot can still be added to: by a late process, or by a second puller. */
const openMs = 60_000;

/** Bounds of one partition's memory. */
export interface StateBounds {
  readonly bytes: number;
  /** Of snapshots to which only a puller could still add that nobody has heard of. */
  readonly wholeBytes: number;
  readonly snapshots: number;
}

const MiB = 1024 * 1024;
const defaultBounds: StateBounds = { bytes: 128 * MiB, wholeBytes: 8 * MiB, snapshots: 50_000 };

/** Log time from the first record of a snapshot until it is emitted as it is. */
export function graceMs({ intervalMs }: Pick<Snapshot, 'intervalMs'>): number {
  return graceIntervals * intervalMs;
}

/** What came of a chunk: its snapshot when that has changed; `late` when that was let go of without it, so that it can count no more. */
export type Taken = { readonly snapshot: Snapshot } | 'repeated' | 'late';

/** The snapshots of one partition session that are open, or settled but remembered so that a late part finds them. */
export class PartitionState {
  /** In the order of their first record. */
  readonly #holders = new Map<string, Holder>();
  /** Settled, from all pullers that are known, and with their bytes: in the order of settling. */
  readonly #whole = new Set<Snapshot>();
  #next = 0;
  #bytes = 0;

  constructor(private readonly bounds: StateBounds = defaultBounds) {}

  /** Whatever the record was: it has been seen. */
  pass(entry: LogEntry): void {
    this.#next = entry.next;
  }

  take(chunk: RawChunk, { offset, appendedAt }: LogEntry): Taken {
    const holder = this.#holderOf(chunk, { offset, appendedAt });
    const { snapshot } = holder;
    if (snapshot.forgotten) return snapshot.arrived.includes(chunk.process) ? 'repeated' : 'late';
    const before = snapshot.bytes;
    const news = snapshot.add(chunk);
    this.#bytes += snapshot.bytes - before;
    if (!news) return 'repeated';
    this.#whole.delete(snapshot);
    holder.heldFrom ??= offset;
    return { snapshot };
  }

  /**
   * Everything that has arrived of it has been emitted, by this processor or another. `isWhole`: and no puller that is known has more
   * of it.
   */
  settle(snapshot: Snapshot, isWhole: boolean): void {
    const holder = this.#holders.get(keyOf(snapshot));
    if (!holder) return;
    holder.heldFrom = undefined;
    if (isWhole) this.#whole.add(snapshot);
    this.#trim();
  }

  /** Those with something not emitted yet, oldest first. */
  unsettled(): Snapshot[] {
    return [...this.#holders.values()]
      .filter(({ heldFrom }) => heldFrom !== undefined)
      .map(({ snapshot }) => snapshot);
  }

  /** Lets go of what is settled and old: first of the bytes; of the name when the ledger forgets it too. */
  age(now: number): void {
    for (const [key, { snapshot, heldFrom }] of this.#holders) {
      const age = now - snapshot.first.appendedAt;
      if (age < openMs) break;
      if (heldFrom !== undefined) continue;
      this.#forget(snapshot);
      if (age >= slotTtlMs) this.#holders.delete(key);
    }
  }

  /**
   * Keeps within the bounds by letting go of what is settled, the oldest first. Answers the oldest open snapshot when that is
   * not enough: emit it as it is, and settle it.
   */
  relieve(): Snapshot | undefined {
    for (const [key, { snapshot, heldFrom }] of this.#holders) {
      if (!this.#isOverfull()) return undefined;
      if (heldFrom !== undefined) continue;
      this.#forget(snapshot);
      if (this.#holders.size > this.bounds.snapshots) this.#holders.delete(key);
    }
    return this.#isOverfull() ? this.unsettled()[0] : undefined;
  }

  /** Up to where everything has been emitted. */
  position(): Position {
    let watermark = this.#next;
    for (const { heldFrom } of this.#holders.values()) {
      if (heldFrom !== undefined && heldFrom < watermark) watermark = heldFrom;
    }
    return { watermark, base: watermark };
  }

  #isOverfull(): boolean {
    return this.#bytes > this.bounds.bytes || this.#holders.size > this.bounds.snapshots;
  }

  #trim(): void {
    let bytes = [...this.#whole].reduce((sum, snapshot) => sum + snapshot.bytes, 0);
    for (const snapshot of this.#whole) {
      if (bytes <= this.bounds.wholeBytes) return;
      bytes -= snapshot.bytes;
      this.#forget(snapshot);
    }
  }

  #forget(snapshot: Snapshot): void {
    this.#whole.delete(snapshot);
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
