/** What has to be closed again. */
export interface Closable {
  close(): Promise<void>;
  /** What `close` waits for at this moment, for a person; absent or empty where a name is all there is to say. */
  waitingFor?(): readonly string[];
}

interface Named {
  readonly part: Closable;
  readonly name: string;
}

/** What was started so far, to be closed in the opposite order: at the end, or when the next one does not start. */
export class Started implements Closable {
  #parts: Named[] = [];
  #closing: Named | undefined;

  /** Takes a part that stands; hands it back. `name`: what it is called where its end is waited for. */
  add<Part extends Closable>(part: Part, name = 'a part of the program'): Part {
    this.#parts.push({ part, name });
    return part;
  }

  waitingFor(): readonly string[] {
    if (!this.#closing) return [];
    const { part, name } = this.#closing;
    const details = part.waitingFor?.() ?? [];
    return details.length > 0 ? details : [name];
  }

  /** Closes every part, also where one before it fails to. Rejects with what went wrong. A second call closes what came since. */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (let next = this.#parts.pop(); next; next = this.#parts.pop()) {
      this.#closing = next;
      try {
        await next.part.close();
      } catch (error) {
        errors.push(error);
      }
    }
    this.#closing = undefined;
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
