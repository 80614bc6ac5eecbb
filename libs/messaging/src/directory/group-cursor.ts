import { codeOf, type Clock, type Logger } from '@haproxystats/runtime';
import type { Position } from '../log';
import { decodeCursor, isCorruptCursor, readCursor, writeCursor } from './cursor-file';
import type { LogDirectory } from './directory';
import { entryAt } from './offsets';
import { retry } from './retry';

export interface GroupCursorOptions {
  readonly directory: LogDirectory;
  readonly group: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Where a group stands in a log. Whoever moves it removes what no group needs any more: that frees space also on a full disk. */
export class GroupCursor {
  readonly #path: string;
  /** No entry below is left. */
  #trimmedTo = 0;
  #trimFails = false;

  constructor(private readonly options: GroupCursorOptions) {
    this.#path = options.directory.cursorPath(options.group);
  }

  /** Creates it where it is missing, tells of one that cannot be read, and finishes what a reader that was killed had not removed. */
  async open(signal: AbortSignal): Promise<Position> {
    const { directory, logger, clock } = this.options;
    const what = `prepare the log in ${directory.path}`;
    await retry(() => directory.create(), { what, signal, clock, logger });
    if (isCorruptCursor(readCursor(this.#path))) {
      logger.error(
        { path: this.#path },
        `${this.#path} cannot be read: the log is read again from its start`,
      );
    }
    await this.#trim();
    return this.position();
  }

  /** As stored on the disk. */
  position(): Position {
    return decodeCursor(readCursor(this.#path)).position;
  }

  /** Tries until it is stored; once at least, then until `signal` aborts. */
  async store(position: Position, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.options;
    await retry(() => writeCursor(this.#path, position), {
      what: `store the position of group ${this.options.group} in ${this.#path}`,
      signal,
      clock,
      logger,
    });
    if (entryAt(position.base) > this.#trimmedTo) await this.#trim();
  }

  /** What cannot be removed now is tried again after the next commit. */
  async #trim(): Promise<void> {
    const { directory, logger } = this.options;
    try {
      this.#trimmedTo = await directory.trim(this.#trimmedTo);
      this.#trimFails = false;
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
      if (!this.#trimFails) {
        logger.warn({ err: error }, `cannot remove what was read from ${directory.path}: it will fill up`);
      }
      this.#trimFails = true;
    }
  }
}
