import type { LogEntry, Position, RawChunk } from '@haproxystats/messaging';
import { Snapshot } from './snapshot';

/** A snapshot's way: it holds the watermark until what is there of it has been emitted. */
interface Holder {
  readonly snapshot: Snapshot;
  /** Where reading must start again to rebuild what is not emitted yet; undefined when all of it is. */
  heldFrom: number | undefined;
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
    if (!holder) return;
    holder.heldFrom = undefined;
    if (snapshot.arrived.size === snapshot.expected.length) this.#forget(snapshot);
  }

  /** Those with something not emitted yet, oldest first. */
  unsettled(): Snapshot[] {
    return [...this.#holders.values()]
      .filter(({ heldFrom }) => heldFrom !== undefined)
      .map(({ snapshot }) => snapshot);
  }

  /** Forgets the settled ones that began before this log time: nothing of them is expected any more. */
  dropSettledBefore(logTime: number): void {
    for (const [key, { snapshot, heldFrom }] of this.#holders) {
      if (snapshot.first.appendedAt >= logTime) break;
      if (heldFrom !== undefined) continue;
      this.#forget(snapshot);
      this.#holders.delete(key);
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
