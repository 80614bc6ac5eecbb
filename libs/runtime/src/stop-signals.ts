import type { Logger } from './logger';

/** SIGTERM, SIGINT (Ctrl-C) and, as in the original, SIGHUP all ask for an orderly end. */
const stopSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export interface EndDeadlineOptions {
  readonly ms: number;
  readonly logger: Logger;
  /** What the program still waits for, for a person; none: its own work. */
  readonly waitingFor: () => readonly string[];
}

/** Ends the process with status 1, and says what it waited for, when an orderly end takes too long: nothing is lost by that, it is read again. */
export class EndDeadline {
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: EndDeadlineOptions) {}

  /** The time runs from the first call on. It does not keep the process. */
  start(): void {
    this.#timer ??= setTimeout(() => this.#over(), this.options.ms).unref();
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }

  #over(): void {
    const { ms, logger, waitingFor } = this.options;
    const parts = waitingFor();
    const told = parts.length > 0 ? parts.join('; ') : 'its own work';
    logger.fatal({ waitingFor: parts }, `did not end in order within ${ms / 1000} s; it waited for: ${told}`);
    process.exit(1);
  }
}

/**
 * Aborts at the first of these signals, when the deadline begins. A second one ends the process at once with status 1, unless it is
 * SIGHUP: a terminal that is closed sends that twice, and nobody has become impatient.
 */
export function stopSignal(deadline: Pick<EndDeadline, 'start'>, logger: Logger): AbortSignal {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      if (signal === 'SIGHUP') return;
      logger.warn({ signal }, 'told to stop a second time: ended at once');
      process.exit(1);
    }
    deadline.start();
    controller.abort();
  };
  for (const signal of stopSignals) process.on(signal, stop);
  return controller.signal;
}

/**
 * From here on a stop signal waits until `stopSignal` can obey it. Process 1 of a container would miss one that comes while it loads: nobody
 * else ends it.
 */
export function keepStopSignals(): void {
  for (const signal of stopSignals) process.on(signal, () => undefined);
}

/** What nobody has caught, a rejection too, leaves the program in a state that nobody knows: said in one line, and ended at once with status 1. */
export function endOnUncaught(logger: Logger): void {
  process.on('uncaughtException', (err: unknown, origin) => {
    logger.fatal(
      { err, origin },
      `ended by a fault that nothing caught: ${err instanceof Error ? err.message : String(err)}`,
    );
    process.exit(1);
  });
}

/** Resolves when the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
