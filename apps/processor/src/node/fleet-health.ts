import type { Clock } from '@haproxystats/runtime';

/** Most nodes are unreadable at once: that is no fault of theirs. */
export class FleetFault extends Error {
  override readonly name = 'FleetFault';
}

interface Seen {
  /** Monotonic ms until when it counts. */
  readonly until: number;
  readonly isFailing: boolean;
}

/** For so long most must fail, and in the second half of it still be heard to, before they are believed to. */
const windowMs = 60_000;
/** How long a node counts after it was heard of: in its intervals, and within these bounds in ms. */
const countsIntervals = 3.5;
const counts = { leastMs: windowMs, mostMs: 60 * 60_000 };
/** How often those that count no more are looked for, in ms. */
const sweepMs = 1_000;
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
  #lastFault = { text: '', at: 0 };
  #sweepAt = 0;
  /** Monotonic ms since most fail; undefined while they do not. */
  #since: number | undefined;

  constructor(private readonly clock: Clock) {}

  /** `fault`: why the newest of the node cannot be read; undefined where it can. `intervalMs`: as far as is known, else 0. */
  saw(node: string, intervalMs: number, fault?: Error): void {
    const at = this.clock.monotonic();
    const countsMs = Math.min(Math.max(countsIntervals * intervalMs, counts.leastMs), counts.mostMs);
    this.#forget(node);
    this.#seen.set(node, { until: at + countsMs, isFailing: fault !== undefined });
    if (fault) {
      this.#failing++;
      this.#lastFault = { text: `${node}: ${fault.message}`, at };
    }
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > maxNodes) this.#forget(oldest!);
    this.#judge(at);
  }

  /** Most nodes fail just now: what is read meanwhile should not be committed. Throws FleetFault once that has lasted for a minute. */
  isSuspect(): boolean {
    const now = this.clock.monotonic();
    this.#judge(now);
    if (this.#since === undefined) return false;
    const hasLasted = now - this.#since >= windowMs && this.#lastFault.at - this.#since >= windowMs / 2;
    if (hasLasted) throw this.#fault();
    return true;
  }

  #judge(now: number): void {
    this.#sweep(now);
    const most = this.#seen.size >= leastNodes && this.#failing > this.#seen.size / 2;
    this.#since = most ? (this.#since ?? now) : undefined;
  }

  #sweep(now: number): void {
    if (now < this.#sweepAt) return;
    this.#sweepAt = now + sweepMs;
    for (const [node, { until }] of this.#seen) if (now > until) this.#forget(node);
  }

  #forget(node: string): void {
    if (this.#seen.get(node)?.isFailing) this.#failing--;
    this.#seen.delete(node);
  }

  #fault(): FleetFault {
    return new FleetFault(
      `nothing can be read of ${this.#failing} of the ${this.#seen.size} nodes heard of lately (${this.#lastFault.text}): ` +
        'so many are not broken at once. Nothing of them is committed. Run the version that the pullers run, or an older one that could read them',
    );
  }
}
