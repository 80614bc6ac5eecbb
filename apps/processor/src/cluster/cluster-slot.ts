import type { Semantics } from '@haproxystats/haproxy';
import type { NodeFrame } from './node-frame';
import type { SlotMerge } from './slot-merge';

/** What was known of a cluster when the first frame of one of its slots came. */
export interface ClusterView {
  /** The nodes that are waited for. */
  readonly expected: readonly string[];
  /** These, and nodes that were there but are not waited for. */
  readonly known: ReadonlySet<string>;
  readonly intervalMs: number;
}

/** Where a slot of a cluster begins in the log. */
export interface SlotBegin extends Pick<NodeFrame, 'offset' | 'appendedAt'> {
  readonly cluster: string;
  /** ms since the epoch. */
  readonly slot: number;
}

/** The frames that have arrived of one cluster and slot: of each node that with the highest coverage. */
export class ClusterSlot {
  readonly cluster: string;
  readonly slot: number;
  readonly #frames = new Map<string, NodeFrame>();
  readonly #waiting: Set<string>;
  #bytes = 0;
  #hasStranger = false;
  /** Something of it was emitted, by this processor or another. */
  wasEmitted = false;
  /** Log time, ms, of the last emission. */
  emittedAt = 0;
  /** What of it is merged already. */
  merge: SlotMerge | undefined;

  constructor(
    readonly first: SlotBegin,
    private readonly view: ClusterView,
  ) {
    this.cluster = first.cluster;
    this.slot = first.slot;
    this.#waiting = new Set(view.expected);
  }

  /** Log time, ms: a node whose clock is ahead does not begin it before its time. */
  get beganAt(): number {
    return Math.max(this.first.appendedAt, this.slot);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get intervalMs(): number {
    return this.view.intervalMs;
  }

  get expected(): readonly string[] {
    return this.view.expected;
  }

  /** In the order of their names. */
  get frames(): readonly NodeFrame[] {
    return [...this.#frames.values()].sort((a, b) => (a.head.node < b.head.node ? -1 : 1));
  }

  /** Those of the first frame. */
  get semantics(): Semantics | undefined {
    const [first] = this.#frames.values();
    return first?.head.semantics;
  }

  /** All that were known are here, and nobody else: where somebody is new, more of them may come. */
  get complete(): boolean {
    return this.#waiting.size === 0 && !this.#hasStranger;
  }

  /** None of those that are here lacks a process. */
  get isFull(): boolean {
    for (const { head } of this.#frames.values())
      if (head.coverage.covered < head.coverage.expected) return false;
    return this.#waiting.size === 0;
  }

  /** Takes a frame; answers whether it says more than what was here of its node. */
  add(frame: NodeFrame): boolean {
    const { node, coverage } = frame.head;
    const before = this.#frames.get(node);
    if (before && before.head.coverage.covered >= coverage.covered) return false;
    this.#frames.set(node, frame);
    this.#bytes += frame.bytes - (before?.bytes ?? 0);
    this.#waiting.delete(node);
    if (!this.view.known.has(node)) this.#hasStranger = true;
    return true;
  }

  /** Of a frame that turned out to be unreadable: as if it had never come. */
  remove({ head: { node } }: NodeFrame): void {
    this.#bytes -= this.#frames.get(node)?.bytes ?? 0;
    this.#frames.delete(node);
  }
}
