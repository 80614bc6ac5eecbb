import type { Clock } from '@haproxystats/runtime';

/** Whether `work` resolves within `ms`; rejects as it does. Work that takes longer goes on. */
export async function within(work: Promise<unknown>, ms: number, clock: Clock): Promise<boolean> {
  const waiting = new AbortController();
  const late = clock.sleep(ms, waiting.signal).then(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    waiting.abort();
  }
}
