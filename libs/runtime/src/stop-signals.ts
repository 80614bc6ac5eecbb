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
    setTimeout(() => process.exit(1), deadlineMs).unref();
    controller.abort();
  };
  for (const signal of stopSignals) process.on(signal, stop);
  return controller.signal;
}

/** Resolves when the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
