import type { KeptOutReason } from '@haproxystats/metrics';
import { ClockSkew } from './clock-skew';
import type { NodeFrame } from './node-frame';

/** In intervals of the node, by log time: how long a node that says nothing is still one of its cluster. */
export const leaseIntervals = 3.5;
/** In intervals: where no node of the cluster says anything for longer, it is its log that was away, not its nodes. */
const silenceIntervals = 1.5;
/** Of frames above the watermark: how many places of one node are told apart. */
const placesKept = 16;

/** What is known of a node by its newest frame. */
export interface Member {
  readonly node: string;
  /** Log time, ms. */
  readonly seenAt: number;
  readonly intervalMs: number;
  /** Of its processes. */
  readonly expected: number;
  /** Its newest frame was for a slot that cannot be: its clock is far off. */
  readonly isOffClock: boolean;
}

interface Known extends Member {
  /** Offsets of its frames, rising; the first is the newest below the watermark, where one is below. */
  readonly offsets: number[];
}

/** The nodes of one cluster, as the log itself tells: who was heard of lately, and how. */
export class Membership {
  /** The one heard of last at the end. */
  readonly #members = new Map<string, Known>();
  /** How many have each interval. */
  readonly #intervals = new Map<number, number>();
  readonly skew = new ClockSkew();
  /** Log time of its newest frame, ms. */
  #heardAt = 0;

  constructor(private readonly maxNodes: number) {}

  get size(): number {
    return this.#members.size;
  }

  /** Of the node as it was heard of last, lately or not. */
  get(node: string): Member | undefined {
    return this.#members.get(node);
  }

  /**
   * Before what a frame says is looked at. The lease of a node runs only while others are heard: after a time in which nobody could write,
   * all that were there before are waited for, whoever comes back first.
   */
  heard({ head: { intervalMs }, appendedAt }: Pick<NodeFrame, 'head' | 'appendedAt'>): void {
    const silence = appendedAt - this.#heardAt;
    this.#heardAt = Math.max(this.#heardAt, appendedAt);
    if (silence <= silenceIntervals * intervalMs) return;
    for (const [node, known] of this.#members)
      this.#members.set(node, { ...known, seenAt: known.seenAt + silence - intervalMs });
  }

  saw({ head, offset, appendedAt }: NodeFrame, isOffClock: boolean): void {
    const { node, intervalMs, coverage } = head;
    const before = this.#members.get(node);
    const offsets = before?.offsets ?? [];
    offsets.push(offset);
    // Without it the base may reach further back, never less far.
    if (offsets.length > placesKept) offsets.splice(-2, 1);
    if (before) this.#count(before.intervalMs, -1);
    this.#count(intervalMs, 1);
    this.#members.delete(node);
    const seenAt = Math.max(appendedAt, before?.seenAt ?? 0);
    this.#members.set(node, { node, seenAt, intervalMs, expected: coverage.expected, isOffClock, offsets });
    this.skew.saw(head, appendedAt);
    const [silent] = this.#members.keys();
    if (this.#members.size > this.maxNodes) this.#forget(silent!);
  }

  /** Those whose lease runs at `now`, log time. */
  live(now: number): Member[] {
    return [...this.#members.values()].filter((member) => isLive(member, now));
  }

  /** The interval of most of the nodes; the shortest where as many have another. undefined: there is no node. */
  get intervalMs(): number | undefined {
    const [most] = [...this.#intervals].sort(([a, many], [b, more]) => more - many || a - b);
    return most?.[0];
  }

  /** Why a node's numbers would make the sums of its cluster wrong; undefined: they would not. */
  faultOf({ intervalMs, isOffClock }: Member, clusterMs: number): KeptOutReason | undefined {
    if (isOffClock) return 'clock';
    return intervalMs === clusterMs ? undefined : 'interval';
  }

  /** The smallest offset, over the nodes that are there, of the newest frame below `watermark`; `watermark` where none is below. */
  base(watermark: number, now: number): number {
    let base = watermark;
    for (const { offsets } of this.live(now) as Known[])
      base = Math.min(base, newestBelow(watermark, offsets));
    return base;
  }

  /** Lets go of those whose lease has long been over. */
  age(now: number): void {
    const heardAt = Math.min(now, this.#heardAt);
    for (const [node, { seenAt, intervalMs }] of this.#members)
      if (heardAt - seenAt > 2 * leaseIntervals * intervalMs) this.#forget(node);
  }

  #count(intervalMs: number, by: 1 | -1): void {
    const nodes = (this.#intervals.get(intervalMs) ?? 0) + by;
    if (nodes > 0) this.#intervals.set(intervalMs, nodes);
    else this.#intervals.delete(intervalMs);
  }

  #forget(node: string): void {
    const member = this.#members.get(node);
    if (member) this.#count(member.intervalMs, -1);
    this.#members.delete(node);
    this.skew.forget(node);
  }
}

function isLive({ seenAt, intervalMs }: Member, now: number): boolean {
  return now - seenAt <= leaseIntervals * intervalMs;
}

/** Also forgets what is older: the watermark does not move back. */
function newestBelow(watermark: number, offsets: number[]): number {
  while (offsets.length > 1 && offsets[1]! < watermark) offsets.shift();
  return Math.min(watermark, offsets[0]!);
}
