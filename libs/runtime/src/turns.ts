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

async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let abort!: () => void;
  const aborted = new Promise<void>((resolve) => {
    abort = resolve;
    signal.addEventListener('abort', abort);
  });
  await Promise.race([work, aborted]);
  signal.removeEventListener('abort', abort);
  signal.throwIfAborted();
}
