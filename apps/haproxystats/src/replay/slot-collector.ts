import type { LogEntry, RawChunk } from '@haproxystats/messaging';
import { graceMs, Snapshot } from '@haproxystats/processor';

export interface CollectorBounds {
  /** Of snapshots that are open. */
  readonly bytes: number;
  /** Nodes that are remembered: their names come from the log. */
  readonly nodes: number;
}

/** Log time, ms: for so long at least what is missing of a snapshot is waited for. That costs nobody anything but memory. */
const openMs = 60_000;
/** Log time, ms: a slot that lies further ahead is a clock's mistake, and makes none of those after it too late. */
const aheadMs = 60_000;

/** A node's snapshots that something may still be added to, the oldest slot first. */
interface NodeSlots {
  readonly open: Snapshot[];
  /** The newest slot that was let go: what comes for one up to it comes too late. */
  done: number;
}

/**
 * Collects the snapshots of one partition, and lets each go when nothing more is to be expected of it: a later one of its node is complete
 * as it is, or what is missing did not come in time. Those of one node go in the order of their slots.
 */
export class SlotCollector {
  /** The node that was silent longest first. */
  readonly #nodes = new Map<string, NodeSlots>();
  /** In the order of their first records. */
  readonly #open = new Map<Snapshot, NodeSlots>();
  #bytes = 0;
  #now = 0;
  #late = 0;

  constructor(private readonly bounds: CollectorBounds) {}

  /** Records that came when their slot was gone; those that an operator has put back are not counted: they were there before. */
  get late(): number {
    return this.#late;
  }

  /** Answers the snapshots that may go now. Throws RecordFormatError for a chunk that contradicts its poll. */
  take(chunk: RawChunk, { offset, appendedAt }: Pick<LogEntry, 'offset' | 'appendedAt'>): Snapshot[] {
    this.#now = Math.max(this.#now, appendedAt);
    const slots = this.#slotsOf(`${chunk.cluster}/${chunk.node}`);
    if (chunk.slot <= slots.done) {
      if (!chunk.isPutBack) this.#late++;
      return [];
    }
    this.#add(chunk, slots, { offset, appendedAt });
    return [...this.#settled(slots), ...this.#relieved()];
  }

  /** Nothing more will come. */
  end(): Snapshot[] {
    return [...this.#nodes.values()].flatMap((slots) => this.#letGo(slots, slots.open.length));
  }

  #add(chunk: RawChunk, slots: NodeSlots, first: Pick<LogEntry, 'offset' | 'appendedAt'>): void {
    let snapshot = slots.open.find(({ slot }) => slot === chunk.slot);
    if (!snapshot) {
      snapshot = new Snapshot(chunk, first);
      const later = slots.open.findIndex(({ slot }) => slot > chunk.slot);
      slots.open.splice(later === -1 ? slots.open.length : later, 0, snapshot);
      this.#open.set(snapshot, slots);
    }
    const before = snapshot.bytes;
    try {
      snapshot.add(chunk);
    } finally {
      this.#bytes += snapshot.bytes - before;
    }
  }

  #settled(slots: NodeSlots): Snapshot[] {
    const { open } = slots;
    const lastComplete = open.findLastIndex(({ complete }) => complete);
    const waiting = open.findIndex(
      (snapshot, i) => !(snapshot.complete && i < lastComplete) && !this.#isOver(snapshot),
    );
    return this.#letGo(slots, waiting === -1 ? open.length : waiting);
  }

  #isOver(snapshot: Snapshot): boolean {
    return this.#now - snapshot.first.appendedAt >= Math.max(openMs, graceMs(snapshot));
  }

  /** Those that began first, where there is no room for more. */
  #relieved(): Snapshot[] {
    const gone: Snapshot[] = [];
    for (const [snapshot, slots] of this.#open) {
      if (this.#bytes <= this.bounds.bytes) break;
      gone.push(...this.#letGo(slots, slots.open.indexOf(snapshot) + 1));
    }
    return gone;
  }

  #letGo(slots: NodeSlots, count: number): Snapshot[] {
    const gone = slots.open.splice(0, count);
    for (const snapshot of gone) {
      this.#open.delete(snapshot);
      this.#bytes -= snapshot.bytes;
      const isAhead = snapshot.slot > snapshot.first.appendedAt + aheadMs;
      if (!isAhead) slots.done = Math.max(slots.done, snapshot.slot);
    }
    return gone;
  }

  #slotsOf(name: string): NodeSlots {
    const slots = this.#nodes.get(name) ?? { open: [], done: 0 };
    this.#nodes.delete(name);
    this.#nodes.set(name, slots);
    for (const [oldest, { open }] of this.#nodes) {
      if (this.#nodes.size <= this.bounds.nodes || open.length > 0) break;
      this.#nodes.delete(oldest);
    }
    return slots;
  }
}
