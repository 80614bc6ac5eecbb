import type { Owed } from './stats-socket';

/**
 * Connections of a master CLI on which workers owe answers. HAProxy's master takes ten connections, and one that is given up while its
 * worker is stuck stays taken until that worker goes on: ten, and nobody can reload any more. So they are kept, and the worker is not
 * asked again until its answer has come.
 */
export class OwedAnswers {
  readonly #owed = new Map<string, Owed>();

  get size(): number {
    return this.#owed.size;
  }

  has(process: string): boolean {
    return this.#owed.has(process);
  }

  /** Keeps it until HAProxy ends it, or `signal` aborts. */
  keep(process: string, owed: Owed, signal: AbortSignal): void {
    const giveUp = () => owed.giveUp();
    this.#owed.set(process, owed);
    signal.addEventListener('abort', giveUp);
    void owed.closed.then(() => {
      signal.removeEventListener('abort', giveUp);
      if (this.#owed.get(process) === owed) this.#owed.delete(process);
    });
    if (signal.aborted) giveUp();
  }

  /** Gives up those of workers that are gone: nobody will answer. */
  keepOnly(processes: ReadonlySet<string>): void {
    for (const [process, owed] of this.#owed) if (!processes.has(process)) owed.giveUp();
  }
}
