/** What has to be closed again. */
export interface Closable {
  close(): Promise<void>;
}

/** What was started so far, to be closed in the opposite order: at the end, or when the next one does not start. */
export class Started implements Closable {
  #parts: Closable[] = [];

  /** Takes a part that stands; hands it back. */
  add<Part extends Closable>(part: Part): Part {
    this.#parts.push(part);
    return part;
  }

  /** Closes every part, also where one before it fails to. Rejects with what went wrong. A second call closes what came since. */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (let part = this.#parts.pop(); part; part = this.#parts.pop()) {
      try {
        await part.close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 1) throw new AggregateError(errors, 'several parts did not close');
    if (errors.length === 1) throw errors[0];
  }

  /** For a start of several steps: what `start` rejects with, after its parts are closed. */
  static async allOrNone<T>(start: (started: Started) => Promise<T>): Promise<T> {
    const started = new Started();
    try {
      return await start(started);
    } catch (error) {
      await started.close().catch((second: unknown) => {
        throw new AggregateError([error, second], error instanceof Error ? error.message : String(error));
      });
      throw error;
    }
  }
}
