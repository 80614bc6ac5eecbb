import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Writes to a stream no faster than its reader takes it. */
export class LineOutput {
  constructor(private readonly stream: Writable) {}

  /** Resolves when there is room for more. Rejects when `stop` aborts first: nobody may be reading any more. */
  async write(bytes: Buffer, stop: AbortSignal): Promise<void> {
    if (!this.stream.write(bytes)) await once(this.stream, 'drain', { signal: stop });
  }

  /** Resolves when the system has taken all of it. */
  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.stream.write('', (error) => (error ? reject(error) : resolve()));
    });
  }
}
