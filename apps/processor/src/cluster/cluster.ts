import { ClusterMerger, type FrameHead, type KeptOutReason, type Shard } from '@haproxystats/metrics';
import { ClusterSlot, type ClusterView } from './cluster-slot';
import { Membership, type Member } from './membership';
import type { NodeFrame } from './node-frame';
import { SeenSlots } from './seen-slots';
import { SlotMerge } from './slot-merge';
import { SlotSpans } from './slot-spans';

/** A slot of a cluster holds the watermark until what is there of it has been emitted. */
export interface Holder {
  readonly slot: ClusterSlot;
  /** The offset of the first frame that is not emitted yet; undefined when all are. */
  heldFrom: number | undefined;
}

/** What came of a frame; `late` when its slot was let go of; `clock` when there is no such slot. */
export type Taken = ClusterSlot | 'repeated' | 'late' | 'clock';

/** In log time, ms: how long after its first frame a slot can still be added to where somebody is missing, unless grace is longer. */
const openMs = 60_000;
/** By how much, in ms, the slot of a frame may differ from the log time at which it was written. */
const clockBounds = { behind: 24 * 60 * 60_000, ahead: 60_000 };
/** A slot so far behind the newest of its cluster, in ms beside its grace, was let go of long ago. */
const reachMs = openMs + clockBounds.ahead;
/** In intervals: how long a slot waits for nodes that are missing. At most so long, in ms: it holds back what is behind it. */
const graceIntervals = 1.5;
const maxGraceMs = 5 * 60_000;
/** In intervals: how much earlier than its slot a frame may be in the log. */
const aheadIntervals = 2;
/** Each keeps the sums of a slot in memory. */
const earlyMerges = 2;

export function clusterGraceMs(intervalMs: number): number {
  return Math.min(graceIntervals * intervalMs, maxGraceMs);
}

/** One cluster, or a shard of it: its nodes, and its slots that are open, or emitted but remembered so that a late node finds them. */
export class Cluster {
  readonly membership: Membership;
  /** In the order of their first frames. */
  readonly holders = new Map<number, Holder>();
  /** Those that are not at work. */
  readonly #mergers: ClusterMerger[] = [];
  readonly #spans = new SlotSpans();
  readonly #seen: SeenSlots;
  /** The newest slot of which it was told who is missing: what older ones say is no news. */
  toldSlot = -Infinity;
  #newest = -Infinity;
  #intervalMs = 0;
  /** Log time of its newest frame. */
  #seenAt = 0;

  readonly name: string;
  /** Absent where all of the cluster is in one. */
  readonly shard: Shard | undefined;

  /** `readFrom`: all that the log has taken since, in ms, is read. */
  constructor(
    { cluster, shard }: Pick<FrameHead, 'cluster' | 'shard'>,
    private readonly inventory: readonly string[],
    { maxNodes, readFrom }: { readonly maxNodes: number; readonly readFrom: number },
  ) {
    this.name = cluster;
    this.shard = shard;
    this.membership = new Membership(maxNodes);
    this.#seen = new SeenSlots(readFrom);
  }

  get bytes(): number {
    let bytes = 0;
    for (const { slot } of this.holders.values()) bytes += slot.bytes;
    return bytes;
  }

  take(frame: NodeFrame, priming: boolean): Taken {
    const { head, appendedAt } = frame;
    this.membership.heard(frame);
    const isOffClock = !isOfItsTime(head, appendedAt);
    const holder = isOffClock ? undefined : this.#holderOf(frame);
    if (!isOffClock) {
      this.#spans.add(frame, holder !== undefined);
      this.#seen.add(head.slot, this.#intervalMs);
    }
    this.membership.saw(frame, isOffClock);
    this.#seenAt = Math.max(this.#seenAt, appendedAt);
    if (isOffClock) return 'clock';
    if (!holder) return 'late';
    if (!holder.slot.add(frame)) return 'repeated';
    if (priming) holder.slot.wasEmitted = true;
    else holder.heldFrom ??= frame.offset;
    return holder.slot;
  }

  /** Whether something may come for a slot it had: until then it is known which were emitted, and who was there. */
  isHeardOf(now: number): boolean {
    return this.holders.size > 0 || now - this.#seenAt <= clockBounds.behind;
  }

  /** Why the numbers of a node would make the sums wrong, as it was heard of last; undefined: they would not. */
  faultOf(node: string): KeptOutReason | undefined {
    const member = this.membership.get(node);
    const { intervalMs } = this.membership;
    return member && intervalMs !== undefined ? this.membership.faultOf(member, intervalMs) : undefined;
  }

  /** Log time from which on a slot is emitted as it is. */
  dueAt({ beganAt, intervalMs }: ClusterSlot): number {
    return beganAt + clusterGraceMs(intervalMs);
  }

  /** What is there of it has been emitted at this log time, by this processor or another, or cannot be. */
  settle({ slot }: ClusterSlot, emittedAt: number | undefined): void {
    const holder = this.holders.get(slot);
    if (!holder) return;
    holder.heldFrom = undefined;
    this.endMerge(holder.slot);
    if (emittedAt === undefined) return;
    holder.slot.wasEmitted = true;
    holder.slot.emittedAt = emittedAt;
  }

  /** Lets go of slots that are emitted and old, and of nodes that are gone. */
  age(now: number): void {
    this.membership.age(now);
    for (const holder of this.holders.values()) if (isClosed(holder, now)) this.forget(holder.slot);
    this.#spans.forget((slot) => this.#isBeyondReach(slot) && !this.holders.has(slot));
  }

  forget(slot: ClusterSlot): void {
    this.endMerge(slot);
    this.holders.delete(slot.slot);
  }

  /** Where the frames of a slot are merged; what they are merged with is lent to it until `endMerge`. */
  mergeOf(slot: ClusterSlot): SlotMerge {
    slot.merge ??= new SlotMerge(this.#mergers.pop() ?? new ClusterMerger());
    return slot.merge;
  }

  /** Of the slots some can be merged while their nodes still report. */
  get mayMergeEarly(): boolean {
    let merging = 0;
    for (const { slot } of this.holders.values()) if (slot.merge) merging++;
    return merging < earlyMerges;
  }

  /** What was merged and not taken is dropped. */
  endMerge(slot: ClusterSlot): void {
    if (!slot.merge) return;
    slot.merge.restart();
    if (this.#mergers.length < earlyMerges) this.#mergers.push(slot.merge.merger);
    slot.merge = undefined;
  }

  /**
   * From where on reading rebuilds what may still change, and tells which slots of the last minute, and since the oldest that is open, have
   * begun; no slot is cut by it, because what is cut would look like all of it.
   */
  base(watermark: number, now: number): number {
    let base = this.membership.base(watermark, now);
    let oldest = this.#newest - openMs;
    for (const holder of this.holders.values()) {
      if (isClosed(holder, now)) continue;
      base = Math.min(base, holder.slot.first.offset);
      oldest = Math.min(oldest, holder.slot.slot);
    }
    base = Math.min(base, this.#spans.before(this.#soonestOf(oldest)));
    // Without the newest what comes late for one of them would be taken for its first.
    return this.#spans.uncut(base, (slot) => !this.#isOld(slot));
  }

  #holderOf(frame: NodeFrame): Holder | undefined {
    const { slot } = frame.head;
    const known = this.holders.get(slot);
    if (known) return isClosed(known, frame.appendedAt) ? undefined : known;
    // One that is not here was let go of, maybe before this partition was taken over, unless it is new, or certainly begins now.
    if (this.#spans.has(slot) || (this.#isOld(slot) && !this.#isUnseen(slot))) return undefined;
    const { offset, appendedAt } = frame;
    const view = this.#viewAt(appendedAt, frame.head);
    this.#intervalMs = view.intervalMs;
    const opened = {
      slot: new ClusterSlot({ cluster: this.name, slot, offset, appendedAt }, view),
      heldFrom: undefined,
    };
    this.holders.set(slot, opened);
    // A clock that is ahead makes no other slot old.
    this.#newest = Math.max(this.#newest, Math.min(slot, appendedAt));
    return opened;
  }

  #isOld(slot: number): boolean {
    return slot <= this.#newest - 2 * this.#intervalMs;
  }

  #isUnseen(slot: number): boolean {
    return this.#seen.isUnseen(slot, this.#soonestOf(slot));
  }

  /** Log time, ms, at which the first frame of a slot may have come. */
  #soonestOf(slot: number): number {
    return slot - aheadIntervals * this.#intervalMs;
  }

  #isBeyondReach(slot: number): boolean {
    return slot < this.#newest - reachMs - clusterGraceMs(this.#intervalMs);
  }

  #viewAt(now: number, head: FrameHead): ClusterView {
    const live = this.membership.live(now);
    const intervalMs = this.membership.intervalMs ?? head.intervalMs;
    const isFaulty = (member: Member): boolean => this.membership.faultOf(member, intervalMs) !== undefined;
    const faulty = new Set(live.filter(isFaulty).map(({ node }) => node));
    const sound = live.map(({ node }) => node).filter((node) => !faulty.has(node));
    const always = this.inventory.filter((node) => !faulty.has(node));
    const expected = [...new Set([...always, ...sound])].sort();
    return { expected, intervalMs, known: new Set([...expected, ...faulty]) };
  }
}

/** As long as somebody is missing who is known; where nobody is, only somebody new could come. */
function openForMs({ isFull, intervalMs }: ClusterSlot): number {
  const graceMs = clusterGraceMs(intervalMs);
  return isFull ? graceMs : Math.max(openMs, graceMs);
}

/** What comes for a slot from now on does not count. */
function isClosed({ slot, heldFrom }: Holder, now: number): boolean {
  return heldFrom === undefined && now - slot.beganAt >= openForMs(slot);
}

function isOfItsTime({ slot }: FrameHead, appendedAt: number): boolean {
  return slot >= appendedAt - clockBounds.behind && slot <= appendedAt + clockBounds.ahead;
}
