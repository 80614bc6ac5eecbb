import type { Clock } from '@haproxystats/runtime';

/** Most nodes are unreadable at once: that is no fault of theirs. */
export class FleetFault extends Error {
  override readonly name = 'FleetFault';
}

interface Seen {
  /** Monotonic ms. */
  readonly at: number;
  readonly isFailing: boolean;
}

/** A node counts for so long after it was heard of; and for so long most must fail before they are believed to. */
const windowMs = 60_000;
/** Of fewer, most may well be broken by themselves. */
const leastNodes = 10;
/** Names come from the wire: beyond this many, the one that was silent longest is forgotten. */
const maxNodes = 100_000;

/**
 * Whether the nodes, by and large, can be read. One that cannot be is at fault itself; more than half of at least ten are not: then it is
 * better to stop than to pass over everything that is in the log.
 */
export class FleetHealth {
  /** The one heard of last at the end. */
  readonly #seen = new Map<string, Seen>();
  #failing = 0;
  #lastFault = '';
  /** Monotonic ms since most fail; undefined while they do not. */
  #since: number | undefined;

  constructor(private readonly clock: Clock) {}

  /** `fault`: why the newest of the node cannot be read; undefined where it can. */
  saw(node: string, fault?: Error): void {
    this.#forget(node);
    this.#seen.set(node, { at: this.clock.monotonic(), isFailing: fault !== undefined });
    if (fault) {
      this.#failing++;
      this.#lastFault = `${node}: ${fault.message}`;
    }
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > maxNodes) this.#forget(oldest!);
    this.#judge();
  }

  /** Most nodes fail just now: what is read meanwhile should not be committed. Throws FleetFault once that has lasted for a minute. */
  isSuspect(): boolean {
    this.#judge();
    if (this.#since === undefined) return false;
    if (this.clock.monotonic() - this.#since >= windowMs) throw this.#fault();
    return true;
  }

  #judge(): void {
    const now = this.clock.monotonic();
    for (const [node, { at }] of this.#seen) {
      if (now - at <= windowMs) break;
      this.#forget(node);
    }
    const most = this.#seen.size >= leastNodes && this.#failing > this.#seen.size / 2;
    this.#since = most ? (this.#since ?? now) : undefined;
  }

  #forget(node: string): void {
    if (this.#seen.get(node)?.isFailing) this.#failing--;
    this.#seen.delete(node);
  }

  #fault(): FleetFault {
    return new FleetFault(
      `nothing can be read of ${this.#failing} of the ${this.#seen.size} nodes heard of in the last minute (${this.#lastFault}): ` +
        'so many are not broken at once. Nothing of them is committed. Run the version that the pullers run, or an older one that could read them',
    );
  }
}
