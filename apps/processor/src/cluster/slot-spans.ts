import type { NodeFrame } from './node-frame';

/** Offsets of the first and the last record of a slot, and the log time, in ms, of the first. */
interface Span {
  readonly first: number;
  readonly at: number;
  last: number;
}

/** Where the records of the slots of a cluster lie in the log: of those let go of too, as long as something may come for them. */
export class SlotSpans {
  readonly #spans = new Map<number, Span>();

  has(slot: number): boolean {
    return this.#spans.has(slot);
  }

  /** `begins`: the slot was not known before. */
  add({ head: { slot }, offset, appendedAt: at, entries }: NodeFrame, begins: boolean): void {
    const span = this.#spans.get(slot);
    const last = Math.max(offset, ...entries.map((entry) => entry.offset));
    if (span) span.last = Math.max(span.last, last);
    else if (begins) this.#spans.set(slot, { first: offset, at, last });
  }

  forget(isGone: (slot: number) => boolean): void {
    for (const slot of this.#spans.keys()) if (isGone(slot)) this.#spans.delete(slot);
  }

  /** The offset of the newest first record that was appended by this log time; of the oldest where all came later. */
  before(time: number): number {
    let oldest = Infinity;
    let newest = -Infinity;
    for (const { first, at } of this.#spans.values()) {
      oldest = Math.min(oldest, first);
      if (at <= time) newest = Math.max(newest, first);
    }
    return newest === -Infinity ? oldest : newest;
  }

  /** The smallest offset at or before `base` from which on all slots that are `wanted`, and all that it would cut, are whole. */
  uncut(base: number, wanted: (slot: number) => boolean): number {
    let from = base;
    for (const [slot, { first }] of this.#spans) if (wanted(slot)) from = Math.min(from, first);
    const latestFirst = [...this.#spans.values()].sort((a, b) => b.last - a.last);
    for (const { first, last } of latestFirst) if (last >= from) from = Math.min(from, first);
    return from;
  }
}
