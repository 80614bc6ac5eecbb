import type { LogEntry, Position, WholeFrame } from '@haproxystats/messaging';
import {
  isFirstShard,
  NodeWatch,
  shardSuffix,
  withId,
  type Frame,
  type FrameHead,
  type HaproxyEvent,
} from '@haproxystats/metrics';
import { RecentLog } from './recent-log';

/** In intervals of the node, at least: one of which nothing is heard for longer is not there any more. */
const leaseIntervals = 3.5;
/** Intervals come from the log: a node is forgotten after so long, ms, whatever it says, or the base would stay for ever. */
const maxLeaseMs = 25 * 3_600_000;
/** The shortest pause that is taken for a stop, ms. */
const minIdleMs = 1_000;
/** Where nothing at all is appended, those who write frames may have stopped: only after so long, ms, it is the nodes that are away. */
const silentMs = 5 * 60_000;
/** What is read again of the log, at most, to know who has been there: enough for intervals of a quarter of an hour. */
const maxRecentMs = 3_600_000;
/** How often it is looked for who is not there any more, ms of log time. */
const checkMs = 1_000;
/** Names come from the log: more nodes in a partition are not watched. */
const defaultNodes = 10_000;

const present = 'present';

interface Watched {
  readonly watch: NodeWatch;
  readonly cluster: string;
  readonly node: string;
  /** Whether it tells that the node joined and left. */
  readonly isFirst: boolean;
  slot: number;
  intervalMs: number;
  /** When something was heard of it, by the time in which something was appended; and something new, by log time. */
  heardAt: number;
  newsAt: number;
  /** Where the newest frames begin, one behind the other, after which nothing was pending: as many as it takes until something counts. */
  settled: readonly number[];
  /** Where whoever takes over must begin, at the latest: it comes to the same by the end of such a row of frames, wherever it began before. */
  base: number;
  /** The slot at which it joined, where that was seen. */
  readonly joinedAt: number | undefined;
}

export interface PartitionWatchOptions {
  /** In slots. */
  readonly debounce: number;
  /** A node is not said to have left before so much time without a sign of it, ms. */
  readonly absentMs: number;
  readonly nodes?: number;
  /** A frame of a node for which there is no room. */
  readonly onUnwatched?: (head: FrameHead) => void;
}

/**
 * What happens to the nodes of one partition, from frame to frame. All goes by slots, and by the times at which records were appended: whoever
 * reads them again comes to the same events. That a node is away shows while others are there: a stop of those who write frames must not look
 * like one of the nodes.
 */
export class PartitionWatch {
  readonly #nodes = new Map<string, Watched>();
  readonly #recent = new RecentLog();
  #next = 0;
  #longestLease = 0;
  #shortestInterval = Infinity;
  #checkedAt = 0;

  constructor(private readonly options: PartitionWatchOptions) {}

  /** How many nodes, and rows of them, it watches. */
  get size(): { readonly nodes: number; readonly rows: number } {
    const rows = [...this.#nodes.values()].reduce((sum, { watch }) => sum + watch.rows, 0);
    return { nodes: this.#nodes.size, rows };
  }

  /** Takes a record, and the frame that it made whole, if any; answers what has happened. */
  see(
    entry: Pick<LogEntry, 'offset' | 'next' | 'appendedAt'>,
    whole: WholeFrame | undefined,
  ): HaproxyEvent[] {
    this.#next = entry.next;
    const keptMs = Math.min(this.#longestLease, maxRecentMs);
    this.#recent.add(entry, { keptMs, idleMs: Math.max(minIdleMs, this.#shortestInterval) });
    const { alive } = this.#recent;
    const left = alive - this.#checkedAt >= checkMs ? this.#leave(alive) : [];
    return whole?.parts[0]?.frame.head.scope === 'node' ? [...left, ...this.#see(whole)] : left;
  }

  /** `now`: log time as it runs on while nothing is appended. */
  expire(now: number): HaproxyEvent[] {
    const idle = now - this.#recent.now;
    return idle > silentMs ? this.#leave(this.#recent.alive + idle) : [];
  }

  /** `heldFrom`: the first record of a frame that is not whole yet. */
  position(heldFrom: number | undefined): Position {
    const watermark = Math.min(this.#next, heldFrom ?? this.#next);
    let base = Math.min(watermark, this.#recent.base ?? watermark);
    for (const each of this.#nodes.values()) base = Math.min(base, each.base);
    return { watermark, base };
  }

  #see({ parts, offset }: WholeFrame): HaproxyEvent[] {
    const frames = parts.map(({ frame }) => frame);
    const { head } = frames[0]!;
    const key = `${head.cluster}/${head.node}${shardSuffix(head)}`;
    const left = this.#isBack(key, head) ? this.#leaveNow(key) : [];
    const joined = this.#nodes.has(key) ? [] : this.#join(key, head, offset);
    const each = this.#nodes.get(key);
    return each ? [...left, ...joined, ...this.#take(each, { key, frames, offset })] : left;
  }

  /** A node that is there as soon as this reader can know did not join. */
  #join(key: string, head: FrameHead, offset: number): HaproxyEvent[] {
    if (this.#nodes.size >= (this.options.nodes ?? defaultNodes)) {
      this.options.onUnwatched?.(head);
      return [];
    }
    const isNew = this.#recent.heardFor >= this.#leaseOf(head);
    this.#nodes.set(key, this.#watched(head, { offset, joinedAt: isNew ? head.slot : undefined }));
    return isNew && isFirstShard(head) ? [joining(head)] : [];
  }

  #take(
    each: Watched,
    { key, frames, offset }: { key: string; frames: readonly Frame[]; offset: number },
  ): readonly HaproxyEvent[] {
    const { slot, intervalMs } = frames[0]!.head;
    const { events, isOld, isBase } = each.watch.see(frames);
    this.#longestLease = Math.max(this.#longestLease, this.#leaseOf({ intervalMs }));
    this.#shortestInterval = Math.min(this.#shortestInterval, intervalMs);
    each.heardAt = this.#recent.alive;
    if (isOld) this.#doubt(key, frames[0]!.head, offset);
    else {
      Object.assign(each, { slot, intervalMs, newsAt: this.#recent.now });
      this.#settle(each, isBase ? offset : undefined);
    }
    return events;
  }

  #watched(head: FrameHead, { offset, joinedAt }: { offset: number; joinedAt: number | undefined }): Watched {
    const { cluster, node, slot, intervalMs } = head;
    const { alive, now } = this.#recent;
    const watch = new NodeWatch(this.options.debounce);
    const heard = { heardAt: alive, newsAt: now };
    const what = { watch, cluster, node, isFirst: isFirstShard(head), slot, intervalMs };
    return { ...what, ...heard, settled: [], base: offset, joinedAt };
  }

  #settle(each: Watched, offset: number | undefined): void {
    each.settled = offset === undefined ? [] : [...each.settled, offset].slice(-this.options.debounce);
    if (each.settled.length === this.options.debounce) each.base = each.settled[0]!;
  }

  /** Where nothing but old slots comes for a lease, its clock was set back: it is watched anew. */
  #doubt(key: string, head: FrameHead, offset: number): void {
    const { newsAt, joinedAt } = this.#nodes.get(key)!;
    if (this.#recent.now - newsAt <= this.#leaseOf(head)) return;
    this.#nodes.set(key, this.#watched(head, { offset, joinedAt }));
  }

  /** It was away between two of its slots. */
  #isBack(key: string, head: FrameHead): boolean {
    const each = this.#nodes.get(key);
    return each !== undefined && head.slot - each.slot > this.#leaseOf(head);
  }

  #leave(alive: number): HaproxyEvent[] {
    this.#checkedAt = this.#recent.alive;
    const gone = [...this.#nodes].filter(([, each]) => alive - each.heardAt > this.#leaseOf(each));
    const left = gone.flatMap(([key]) => this.#leaveNow(key));
    this.#shortestInterval = Math.min(...[...this.#nodes.values()].map(({ intervalMs }) => intervalMs));
    return left;
  }

  #leaveNow(key: string): HaproxyEvent[] {
    const each = this.#nodes.get(key)!;
    this.#nodes.delete(key);
    return each.isFirst ? [leaving(each)] : [];
  }

  #leaseOf({ intervalMs }: Pick<FrameHead, 'intervalMs'>): number {
    return Math.min(maxLeaseMs, Math.max(leaseIntervals * intervalMs, this.options.absentMs));
  }
}

function joining({ cluster, node, slot }: FrameHead): HaproxyEvent {
  return withId({
    type: 'node_joined',
    cluster,
    node,
    entity: 'node',
    slot,
    from: '',
    to: present,
    detail: '',
  });
}

function leaving({ cluster, node, slot, intervalMs, joinedAt }: Watched): HaproxyEvent {
  const next = Math.min(slot + intervalMs, Number.MAX_SAFE_INTEGER);
  const lasted = joinedAt !== undefined && next >= joinedAt ? { duration_ms: next - joinedAt } : {};
  const what = {
    type: 'node_left',
    entity: 'node',
    slot: next,
    from: present,
    to: '',
    ...lasted,
    detail: '',
  } as const;
  return withId({ ...what, cluster, node });
}
