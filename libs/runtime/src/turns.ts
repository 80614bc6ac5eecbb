import { unlessAborted } from './unless-aborted';

/** Lets one at a time work, in the order in which they asked. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Does `work` when it is its turn; rejects with the signal's reason when that aborts before. */
  async take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    let done!: () => void;
    const mine = new Promise<void>((resolve) => (done = resolve));
    this.#last = before.then(() => mine);
    try {
      await unlessAborted(before, signal);
      signal.throwIfAborted();
      return await work();
    } finally {
      done();
    }
  }

  /** Resolves when all that have asked so far are done. */
  idle(): Promise<void> {
    return this.#last;
  }
}
