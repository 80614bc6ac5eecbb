import type { LogEntry, Position, RawChunk } from '@haproxystats/messaging';
import { slotTtlMs } from '../coordinator/coordinator';
import { Predecessors } from './predecessors';
import { Snapshot } from './snapshot';
import { Spans } from './spans';

/** A snapshot holds the watermark until what is there of it has been emitted. */
interface Holder {
  readonly snapshot: Snapshot;
  /** Where reading must start again to rebuild what is not emitted yet; undefined when all of it is: the snapshot is settled. */
  heldFrom: number | undefined;
}

/** In intervals of the node: how long an incomplete snapshot is waited for. */
const graceIntervals = 1.5;
/** At most so long: it holds back the commits of all nodes of its partition, and an interval may be a day. */
const maxGraceMs = 5 * 60_000;
/** How long after its first record a snapshot can still be added to: by a late process, or by a second puller. */
export const openMs = 60_000;

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
  return Math.min(graceIntervals * intervalMs, maxGraceMs);
}

/** What came of a chunk: its snapshot when that has changed; `late` when that was let go of without it, so that it can count no more. */
export type Taken = { readonly snapshot: Snapshot } | 'repeated' | 'late';

/** The snapshots of one partition session that are open, or settled but remembered so that a late part finds them. */
export class PartitionState {
  /** Those with their bytes, in the order of their first record. */
  readonly #holders = new Map<string, Holder>();
  /** Those without, and so settled: in the order of forgetting. There are many, so nothing that is done often may walk through them. */
  readonly #forgotten = new Map<string, Snapshot>();
  /** Of the holders those settled, from all pullers that are known: in the order of settling. */
  readonly #whole = new Set<Snapshot>();
  #wholeBytes = 0;
  readonly #predecessors = new Predecessors();
  readonly #spans = new Spans();
  #next = 0;
  /** The append time of the newest record. */
  #appendedAt = 0;
  #bytes = 0;

  constructor(private readonly bounds: StateBounds = defaultBounds) {}

  /** Whatever the record was: it has been seen. */
  pass(entry: LogEntry): void {
    this.#next = entry.next;
    this.#appendedAt = Math.max(this.#appendedAt, entry.appendedAt);
  }

  /** A priming record that cannot count any more is no news: it did before. */
  take(chunk: RawChunk, entry: LogEntry): Taken {
    const taken = this.#take(chunk, entry);
    if (!chunk.isPutBack) this.#predecessors.add(chunk, entry);
    return entry.priming && taken === 'late' ? 'repeated' : taken;
  }

  #take(chunk: RawChunk, { offset, appendedAt }: LogEntry): Taken {
    const forgotten = this.#forgotten.get(keyOf(chunk));
    if (forgotten) return forgotten.arrived.includes(chunk.process) ? 'repeated' : 'late';
    const holder = this.#holderOf(chunk, { offset, appendedAt });
    const { snapshot } = holder;
    const before = snapshot.bytes;
    const news = snapshot.add(chunk);
    this.#bytes += snapshot.bytes - before;
    if (!news) return 'repeated';
    if (this.#whole.delete(snapshot)) this.#wholeBytes -= before;
    holder.heldFrom ??= offset;
    this.#spans.add(keyOf(chunk), snapshot.first.offset, offset);
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
    if (!isWhole || this.#whole.has(snapshot)) return;
    this.#whole.add(snapshot);
    this.#wholeBytes += snapshot.bytes;
    for (const oldest of this.#whole) {
      if (this.#wholeBytes <= this.bounds.wholeBytes) return;
      this.#forget(keyOf(oldest), oldest);
    }
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
      if (now - snapshot.first.appendedAt < openMs) break;
      if (heldFrom === undefined) this.#forget(key, snapshot);
    }
    for (const [key, { first }] of this.#forgotten) {
      if (now - first.appendedAt < slotTtlMs) break;
      this.#drop(key);
    }
  }

  /**
   * Keeps within the bounds by letting go of what is settled, the oldest first. Answers the oldest open snapshot when that is
   * not enough: emit it as it is, and settle it.
   */
  relieve(): Snapshot | undefined {
    if (!this.#isOverfull()) return undefined;
    this.#letGo();
    return this.#isOverfull() ? this.#oldestUnsettled() : undefined;
  }

  /** Up to where everything has been emitted; and from where on it takes to go on as if nothing had happened. */
  position(): Position {
    let watermark = this.#next;
    let growing = watermark;
    for (const holder of this.#holders.values()) {
      watermark = Math.min(watermark, holder.heldFrom ?? watermark);
      if (this.#mayGrow(holder)) growing = Math.min(growing, holder.snapshot.first.offset);
    }
    const base = Math.min(growing, this.#spans.base(watermark));
    return { watermark, base: this.#predecessors.base(base) };
  }

  /** What comes for it must find all of it, or a frame of the news alone would be all that is left of the rest. */
  #mayGrow({ snapshot, heldFrom }: Holder): boolean {
    const age = this.#appendedAt - snapshot.first.appendedAt;
    return heldFrom !== undefined || age <= (snapshot.complete ? graceMs(snapshot) : openMs);
  }

  #oldestUnsettled(): Snapshot | undefined {
    for (const { snapshot, heldFrom } of this.#holders.values()) if (heldFrom !== undefined) return snapshot;
    return undefined;
  }

  /** Of as little as is enough: of bytes, then of names. */
  #letGo(): void {
    for (const [key, snapshot] of this.#settled()) {
      if (this.#bytes <= this.bounds.bytes) break;
      this.#forget(key, snapshot);
    }
    for (const key of this.#forgotten.keys()) {
      if (!this.#isOverfull()) return;
      this.#drop(key);
    }
    for (const [key, snapshot] of this.#settled()) {
      if (!this.#isOverfull()) return;
      this.#forget(key, snapshot);
      this.#drop(key);
    }
  }

  *#settled(): Generator<[key: string, snapshot: Snapshot]> {
    for (const [key, { snapshot, heldFrom }] of this.#holders)
      if (heldFrom === undefined) yield [key, snapshot];
  }

  #isOverfull(): boolean {
    const snapshots = this.#holders.size + this.#forgotten.size;
    return this.#bytes > this.bounds.bytes || snapshots > this.bounds.snapshots;
  }

  #forget(key: string, snapshot: Snapshot): void {
    const before = snapshot.bytes;
    if (this.#whole.delete(snapshot)) this.#wholeBytes -= before;
    snapshot.forget();
    this.#bytes += snapshot.bytes - before;
    this.#holders.delete(key);
    this.#forgotten.set(key, snapshot);
  }

  #drop(key: string): void {
    this.#bytes -= this.#forgotten.get(key)?.bytes ?? 0;
    this.#forgotten.delete(key);
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

/** What is put back is a snapshot of its own: that what came before is still known must not swallow it. */
function keyOf({
  cluster,
  node,
  slot,
  isPutBack,
}: Pick<Snapshot, 'cluster' | 'node' | 'slot'> & { readonly isPutBack?: boolean }): string {
  return `${cluster}/${node} ${slot}${isPutBack ? ' put back' : ''}`;
}
