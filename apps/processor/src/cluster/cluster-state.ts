import { FrameCollector, type LogEntry, type Position } from '@haproxystats/messaging';
import { shardSuffix, type FrameHead } from '@haproxystats/metrics';
import { Cluster, type Holder, type Taken } from './cluster';
import type { ClusterSlot } from './cluster-slot';
import { nodeFrameOf, storedBytes, type NodeFrame, type StoredPart } from './node-frame';

/** Bounds of one partition's memory: what its frames take, and names that come from the log. */
export interface ClusterBounds {
  readonly bytes: number;
  /** Of slots to which only a node could still add that nobody has heard of. */
  readonly fullBytes: number;
  readonly slots: number;
  readonly nodes: number;
  readonly clusters: number;
}

const MiB = 1024 * 1024;
const defaultBounds: ClusterBounds = {
  bytes: 192 * MiB,
  fullBytes: 16 * MiB,
  slots: 10_000,
  nodes: 10_000,
  clusters: 1_000,
};

/** A frame that is whole, and what came of it. */
export interface TakenFrame {
  readonly frame: NodeFrame;
  readonly cluster: Cluster;
  readonly taken: Taken;
}

/** A slot, and the cluster that it is of. */
export interface OpenSlot {
  readonly cluster: Cluster;
  readonly slot: ClusterSlot;
}

/** The clusters of one partition session, or those of their shards that lie in it. */
export class ClusterState {
  /** By name and shard; the one heard of last at the end. */
  readonly #clusters = new Map<string, Cluster>();
  readonly #parts: FrameCollector<StoredPart>;
  /** Bytes since it was last looked whether there are too many. */
  #fresh = 0;
  #next = 0;
  /** The append time of the newest record. */
  #appendedAt = 0;
  /** Log time, ms, since which all records are read. */
  #readFrom: number | undefined;

  /** `inventory`: as `CLUSTER/NODE`. `onCut`: told of each frame that never became whole. */
  constructor(
    private readonly inventory: readonly string[],
    onCut: () => void,
    private readonly bounds: ClusterBounds = defaultBounds,
  ) {
    this.#parts = new FrameCollector({ maxBytes: bounds.bytes / 4, bytesOf: storedBytes, onLetGo: onCut });
  }

  get clusters(): Iterable<Cluster> {
    return this.#clusters.values();
  }

  /** Whatever the record was: it has been seen. */
  pass(entry: LogEntry): void {
    this.#next = entry.next;
    this.#appendedAt = Math.max(this.#appendedAt, entry.appendedAt);
  }

  /** undefined: the other parts of its frame are not here yet. */
  take(part: StoredPart): TakenFrame | undefined {
    const { entry } = part;
    // Before the first record of a log there was none.
    this.#readFrom ??= entry.offset === 0 ? -Infinity : entry.appendedAt;
    const whole = this.#parts.add(part, entry);
    if (!whole) return undefined;
    const frame = nodeFrameOf(whole);
    this.#fresh += frame.bytes;
    const cluster = this.#clusterOf(frame.head);
    return { frame, cluster, taken: cluster.take(frame, entry.priming) };
  }

  /** Those with something not emitted yet. */
  unsettled(): OpenSlot[] {
    return [...this.#holders()].flatMap(({ cluster, holder }) =>
      holder.heldFrom === undefined ? [] : { cluster, slot: holder.slot },
    );
  }

  age(now: number): void {
    this.#parts.age(now);
    for (const [name, cluster] of this.#clusters) {
      cluster.age(now);
      if (!cluster.isHeardOf(now)) this.#forget(name);
    }
  }

  /** Lets go of emitted slots, the oldest first, as far as the bounds want it. Answers the oldest open one when that is not enough: emit it as it is. */
  relieve(): OpenSlot | undefined {
    if (this.#fresh < this.bounds.bytes / 64) return undefined;
    const usage = this.#usage();
    for (const { cluster, holder } of this.#oldestFirst()) {
      const { slot, heldFrom } = holder;
      const isOverfull = this.#isOverfull(usage);
      if (!isOverfull && usage.fullBytes <= this.bounds.fullBytes) break;
      if (heldFrom !== undefined || !(isOverfull || slot.isFull)) continue;
      count(usage, slot, -1);
      cluster.forget(slot);
    }
    if (this.#isOverfull(usage)) return this.unsettled()[0];
    this.#fresh = 0;
    return undefined;
  }

  /** Up to where everything has been emitted; and from where on it takes to go on as if nothing had happened. */
  position(): Position {
    let watermark = Math.min(this.#next, this.#parts.heldFrom ?? this.#next);
    for (const { holder } of this.#holders()) watermark = Math.min(watermark, holder.heldFrom ?? watermark);
    let base = watermark;
    for (const cluster of this.#clusters.values())
      base = Math.min(base, cluster.base(watermark, this.#appendedAt));
    return { watermark, base };
  }

  #clusterOf(head: FrameHead): Cluster {
    const name = head.cluster + shardSuffix(head);
    const cluster =
      this.#clusters.get(name) ?? new Cluster(head, this.#inventoryOf(head.cluster), this.#knowledge());
    this.#clusters.delete(name);
    this.#clusters.set(name, cluster);
    this.#forgetSilent();
    return cluster;
  }

  #knowledge() {
    return { maxNodes: this.bounds.nodes, readFrom: this.#readFrom ?? Infinity };
  }

  #inventoryOf(name: string): string[] {
    const prefix = `${name}/`;
    return this.inventory.filter((node) => node.startsWith(prefix)).map((node) => node.slice(prefix.length));
  }

  *#holders(): Generator<{ cluster: Cluster; holder: Holder }> {
    for (const cluster of this.#clusters.values())
      for (const holder of cluster.holders.values()) yield { cluster, holder };
  }

  #oldestFirst(): { cluster: Cluster; holder: Holder }[] {
    return [...this.#holders()].sort((a, b) => a.holder.slot.first.offset - b.holder.slot.first.offset);
  }

  #usage(): Usage {
    const usage = { bytes: 0, fullBytes: 0, slots: 0 };
    for (const { holder } of this.#holders()) count(usage, holder.slot, 1);
    return usage;
  }

  #isOverfull({ bytes, slots }: Usage): boolean {
    return bytes > this.bounds.bytes || slots > this.bounds.slots;
  }

  /** Of too many clusters those that were silent longest, and have nothing open. */
  #forgetSilent(): void {
    for (const [name, { holders }] of this.#clusters) {
      if (this.#clusters.size <= this.bounds.clusters) return;
      const isOpen = [...holders.values()].some(({ heldFrom }) => heldFrom !== undefined);
      if (!isOpen) this.#forget(name);
    }
  }

  /** Whoever comes back by that name is known as little as if reading began now. */
  #forget(name: string): void {
    this.#clusters.delete(name);
    this.#readFrom = this.#appendedAt;
  }
}

interface Usage {
  bytes: number;
  /** Of slots that hardly anything will be added to. */
  fullBytes: number;
  slots: number;
}

function count(usage: Usage, { bytes, isFull }: ClusterSlot, sign: 1 | -1): void {
  usage.bytes += sign * bytes;
  usage.slots += sign;
  if (isFull) usage.fullBytes += sign * bytes;
}
