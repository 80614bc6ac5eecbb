import type { Clock } from '@haproxystats/runtime';

export interface Limit {
  readonly clock: Clock;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** Runs `work` with a signal that aborts after so long, or with `signal`, or when the work is done. */
export async function within<T>(
  { clock, limitMs, signal }: Limit,
  work: (deadline: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const abort = () => over.abort();
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  const timer = clock.sleep(limitMs, over.signal).then(abort);
  try {
    return await work(over.signal);
  } finally {
    signal.removeEventListener('abort', abort);
    abort();
    await timer;
  }
}
