/** Of a longer while between two turns of the event loop so much counts: the rest was taken from us. */
const turnMs = 5;
const longestTurnMs = 2 * turnMs;

/** A clock that stands still while the machine keeps this process from running: what bounds a wait holds on a busy machine too. */
export class OwnTime {
  #ms = 0;
  #seenAt = performance.now();
  readonly #turns = setInterval(() => this.#turn(), turnMs).unref();

  /** Milliseconds since it was made. */
  now(): number {
    return this.#ms + Math.min(performance.now() - this.#seenAt, longestTurnMs);
  }

  stop(): void {
    clearInterval(this.#turns);
  }

  #turn(): void {
    this.#ms = this.now();
    this.#seenAt = performance.now();
  }
}

/** Milliseconds of waiting until it resolves or rejects, in our own time. */
export async function waitedMs(work: Promise<unknown>): Promise<number> {
  const time = new OwnTime();
  await work.catch(() => undefined);
  time.stop();
  return time.now();
}

/** Milliseconds that this process computes for it. */
export function computedMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
