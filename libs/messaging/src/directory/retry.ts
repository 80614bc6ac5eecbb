import { Backoff, codeOf, type Clock, type Logger } from '@haproxystats/runtime';

export interface RetryOptions {
  /** Completes "cannot ...". */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What an operator can do about the usual ones. */
const advice: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free space, or let the readers catch up',
  EDQUOT: "the user's quota is used up: raise it, or let the readers catch up",
  EACCES: 'this user needs to read and write there',
  EPERM: 'this user needs to read and write there',
  EROFS: 'the file system is read-only: mount it for writing',
  ENOENT: 'the directory is gone',
};

/** Repeats `work` with back-off while the system refuses it. Rejects with any other error, and with the signal's reason once it aborts. */
export async function retry<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { what, signal, clock, logger } = options;
  const backoff = new Backoff({ firstMs: 20, factor: 2, maxMs: 5_000 });
  for (;;) {
    try {
      const result = await work();
      if (backoff.attempts > 0) logger.info({ attempts: backoff.attempts }, `can ${what} again`);
      return result;
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined) throw error;
      logger.warn({ err: error }, `cannot ${what}, trying again: ${advice[code] ?? code}`);
    }
    await clock.sleep(backoff.next(), signal);
    signal.throwIfAborted();
  }
}
