import { setTimeout as sleep } from 'node:timers/promises';

export interface EventuallyOptions {
  /** How long to go on, in ms (10 s unless told otherwise). */
  readonly withinMs?: number;
  readonly everyMs?: number;
}

/** Repeats `check` until it stops throwing, and returns what it returned; rejects with its last error when time is up. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<T> {
  const { withinMs = 10_000, everyMs = 100 } = options;
  const end = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= end) throw timedOut(withinMs, error);
    }
    await sleep(everyMs);
  }
}

function timedOut(withinMs: number, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(`not so within ${withinMs} ms: ${reason}`, { cause });
}
