import type { Clock } from '@haproxystats/runtime';

/** A clock in the test's hand: time passes only by `advance`, which lets due sleepers run in order. */
export class FakeClock implements Clock {
  #elapsed = 0;
  #sleepers: { due: number; wake: () => void }[] = [];

  constructor(private startedAt = 1_700_000_000_000) {}

  wall(): number {
    return this.startedAt + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  /** The wall clock alone jumps, as after a correction by NTP. */
  jump(ms: number): void {
    this.startedAt += ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = { due: this.#elapsed + Math.max(0, ms), wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      });
    });
  }

  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    for (;;) {
      await new Promise(setImmediate);
      const [next] = this.#sleepers.filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (!next) break;
      this.#elapsed = Math.max(this.#elapsed, next.due);
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      next.wake();
    }
    this.#elapsed = end;
    await new Promise(setImmediate);
  }
}
