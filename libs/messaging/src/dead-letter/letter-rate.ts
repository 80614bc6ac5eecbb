import type { Clock } from '@haproxystats/runtime';

export interface RateBounds {
  /** Letters of one node in a minute, and at once. */
  readonly perNode: number;
  /** Of all nodes together: names come from the wire, so there may be any number of them. */
  readonly overall: number;
  /** Nodes that are remembered. */
  readonly nodes: number;
}

export const defaultRate: RateBounds = { perNode: 10, overall: 600, nodes: 10_000 };

const minuteMs = 60_000;

interface Bucket {
  tokens: number;
  /** Monotonic ms. */
  at: number;
}

/** How many letters a node may put into the queue: a node that is broken must neither fill it nor hide the others. */
export class LetterRate {
  /** The node that was heard of last at the end. */
  readonly #nodes = new Map<string, Bucket>();
  readonly #all: Bucket;

  constructor(
    private readonly clock: Clock,
    private readonly bounds: RateBounds = defaultRate,
  ) {
    this.#all = this.#full(bounds.overall);
  }

  /** Takes the room for one more of this node; answers whose room is used up where there is none. */
  take(node: string): 'taken' | 'node' | 'all' {
    const bucket = this.#bucketOf(node);
    this.#refill(bucket, this.bounds.perNode);
    this.#refill(this.#all, this.bounds.overall);
    if (bucket.tokens < 1) return 'node';
    if (this.#all.tokens < 1) return 'all';
    bucket.tokens--;
    this.#all.tokens--;
    return 'taken';
  }

  #bucketOf(node: string): Bucket {
    const bucket = this.#nodes.get(node) ?? this.#full(this.bounds.perNode);
    this.#nodes.delete(node);
    this.#nodes.set(node, bucket);
    const [oldest] = this.#nodes.keys();
    if (this.#nodes.size > this.bounds.nodes) this.#nodes.delete(oldest!);
    return bucket;
  }

  #full(tokens: number): Bucket {
    return { tokens, at: this.clock.monotonic() };
  }

  #refill(bucket: Bucket, most: number): void {
    const now = this.clock.monotonic();
    bucket.tokens = Math.min(most, bucket.tokens + ((now - bucket.at) / minuteMs) * most);
    bucket.at = now;
  }
}
