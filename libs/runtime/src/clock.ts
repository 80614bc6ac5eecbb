import { setTimeout as delay } from 'node:timers/promises';

/** Time as the product sees it; tests turn their own (test/support/fake-clock.ts). */
export interface Clock {
  /** Wall clock, ms since the epoch: may jump. Names slots; never measures. */
  wall(): number;
  /** Monotonic ms from an arbitrary start: measures; never names. */
  monotonic(): number;
  /** Resolves after `ms`, or at once when `signal` aborts (never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    delay(Math.max(0, ms), undefined, signal ? { signal } : {}).then(
      () => undefined,
      () => undefined,
    ),
};
