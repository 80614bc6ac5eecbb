import type { Clock } from '@haproxystats/runtime';

/**
 * Log time as one session knows it, in ms; it never moves back. It stands still while records wait to be handled, and
 * runs on from the newest one while its reader is at the end of the log. 0 before the first record.
 */
export class SessionClock {
  #time = 0;
  /** Monotonic ms from which elapsed time counts on top of `#time`. */
  #runningSince: number | undefined;
  #confirmedAt = 0;

  /** The end of the log is believed for `trustMs` after it was last confirmed: a process that was stopped must look again first. */
  constructor(
    private readonly clock: Clock,
    private readonly trustMs: number,
  ) {}

  now(): number {
    if (this.#runningSince === undefined || this.#time === 0) return this.#time;
    const until = Math.min(this.clock.monotonic(), this.#confirmedAt + this.trustMs);
    return this.#time + Math.max(0, Math.floor(until - this.#runningSince));
  }

  /** A record that the log took at `appendedAt` is handled now; others may wait behind it. */
  advance(appendedAt: number): void {
    this.stop();
    this.#time = Math.max(this.#time, appendedAt);
  }

  /** Nothing waits: the end of the log was there to see just now. */
  run(): void {
    this.#confirmedAt = this.clock.monotonic();
    this.#runningSince ??= this.#confirmedAt;
  }

  stop(): void {
    this.#time = this.now();
    this.#runningSince = undefined;
  }
}
