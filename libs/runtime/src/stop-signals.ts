/** SIGTERM, SIGINT (Ctrl-C) and SIGHUP all ask for an orderly end. */
const stopSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Aborts at the first of these signals. A second one, or `deadlineMs` after the first, ends the process at once with status 1:
 * nothing is lost by that, it is read again.
 */
export function stopSignal(deadlineMs: number): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(1);
    exitAfter(deadlineMs);
    controller.abort();
  };
  for (const signal of stopSignals) process.on(signal, stop);
  return controller.signal;
}

/** Ends the process with status 1 after `ms`, unless what this answers is called before. Does not keep the process. */
export function exitAfter(ms: number): () => void {
  const timer = setTimeout(() => process.exit(1), ms).unref();
  return () => clearTimeout(timer);
}

/** Resolves when the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
