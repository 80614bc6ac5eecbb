import { readFrameHead, readFramePart, RecordFormatError, type LogEntry } from '@haproxystats/messaging';
import { isFirstShard, shardSuffix, type FrameHead } from '@haproxystats/metrics';
import { driftIn, type Drift } from './drift';

/** What the newest frame of a node or a cluster says. */
export interface Newest {
  readonly head: FrameHead;
  /** Log time, ms. */
  readonly appendedAt: number;
  /** Of a cluster's: by the parts of its frames that say something of it. */
  readonly drifts: ReadonlyMap<string, Drift>;
}

/** Names come from the wire. */
const defaultNames = 100_000;
/** Log time, ms: a slot that lies further ahead is a clock's mistake, and what comes after it counts. */
const aheadMs = 60_000;

/** The newest frame of each node and cluster, and of each of its shards, of any number that are handed over in the order of their log. */
export class FleetView {
  readonly #newest = new Map<string, Newest>();
  #unreadable = 0;
  #leftOut = 0;

  constructor(private readonly maxNames = defaultNames) {}

  /** Of shards the first, with what all say that drifts. */
  get all(): Iterable<Newest> {
    const shards = Map.groupBy(this.#newest.values(), ({ head }) => nameOf(head));
    return [...shards.values()].flatMap((all) => {
      const first = all.find(({ head }) => isFirstShard(head));
      return first ? [{ ...first, drifts: new Map(all.flatMap(({ drifts }) => [...drifts])) }] : [];
    });
  }

  /** Records of which nothing could be read. */
  get unreadable(): number {
    return this.#unreadable;
  }

  /** Frames of nodes and clusters for which there was no room. */
  get leftOut(): number {
    return this.#leftOut;
  }

  take(entry: LogEntry): void {
    try {
      this.#take(entry);
    } catch (error) {
      if (!(error instanceof RecordFormatError)) throw error;
      this.#unreadable++;
    }
  }

  #take(entry: LogEntry): void {
    const head = readFrameHead(entry);
    const { appendedAt } = entry;
    const key = nameOf(head) + shardSuffix(head);
    const known = this.#newest.get(key);
    const rank = known ? rankOf({ head, appendedAt }, known) : 1;
    if (rank < 0) return;
    if (!known && this.#newest.size >= this.maxNames) {
      this.#leftOut++;
      return;
    }
    const drifts = new Map(rank === 0 ? known?.drifts : []);
    if (head.scope === 'cluster') addDrift(drifts, entry);
    this.#newest.set(key, { head, appendedAt, drifts });
  }
}

function nameOf({ scope, cluster, node }: FrameHead): string {
  return `${scope} ${cluster} ${node}`;
}

/** Each part has the head; what is said of servers is spread over all of them. */
function addDrift(drifts: Map<string, Drift>, entry: LogEntry): void {
  const { part, frame } = readFramePart(entry);
  const drift = driftIn(frame);
  if (drift) drifts.set(`${part}${shardSuffix(frame.head)}`, drift);
}

/** Above 0: newer than what is known, or of the same slot and more; 0: the same, or another part of it. */
function rankOf({ head, appendedAt }: Pick<Newest, 'head' | 'appendedAt'>, known: Newest): number {
  const isMistake = known.head.slot > known.appendedAt + aheadMs;
  if (isMistake && appendedAt > known.appendedAt && head.slot !== known.head.slot) return 1;
  if (head.slot !== known.head.slot) return head.slot - known.head.slot;
  return head.coverage.covered - known.head.coverage.covered;
}
