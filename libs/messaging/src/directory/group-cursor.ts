import { utimes } from 'node:fs/promises';
import { codeOf, LastTold, type Clock, type Logger } from '@haproxystats/runtime';
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

/** How often a reader that runs shows itself to programs that do not have its group in their configuration. */
const showEveryMs = 60_000;

/** Where a group stands in a log. Whoever moves it removes what no group needs any more: that frees space also on a full disk. */
export class GroupCursor {
  readonly #path: string;
  /** No entry below is left. */
  #trimmedTo = 0;
  #trimFails = false;
  readonly #told = new LastTold();
  #showAt = -Infinity;

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
      await retry(() => directory.begin(this.options.group), { what, signal, clock, logger });
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

  /** To be called now and then: by the time of its cursor others know that the group still has a reader. */
  async showLife(): Promise<void> {
    const { clock } = this.options;
    if (clock.monotonic() < this.#showAt) return;
    this.#showAt = clock.monotonic() + showEveryMs;
    const now = clock.wall() / 1_000;
    try {
      await utimes(this.#path, now, now);
    } catch (error) {
      // What hinders this hinders the next commit as well, which says so.
      if (codeOf(error) === undefined) throw error;
    }
  }

  /** What cannot be removed now is tried again after the next commit. */
  async #trim(): Promise<void> {
    const { directory, clock, logger } = this.options;
    const now = clock.wall();
    try {
      this.#trimmedTo = await directory.trim(this.#trimmedTo, now);
      this.#trimFails = false;
      this.#tellOfOthers(now);
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
      if (!this.#trimFails) {
        logger.warn({ err: error }, `cannot remove what was read from ${directory.path}: it will fill up`);
      }
      this.#trimFails = true;
    }
  }

  /** Two programs with different configurations at one log: told once for each group, and again when it changes. */
  #tellOfOthers(now: number): void {
    const { directory, group: own, logger } = this.options;
    for (const { group, isAlive, position } of directory.otherGroups(now)) {
      const path = directory.cursorPath(group);
      const isPassed = entryAt(position.watermark) < this.#trimmedTo;
      const fact = isAlive ? 'alive' : isPassed ? 'passed' : '';
      if (!this.#told.isNews(group, fact) || fact === '') continue;
      logger.warn({ path, group, own }, `${messages[fact](group, directory.path)}: ${path}`);
    }
  }
}

const messages = {
  alive: (group: string, log: string) =>
    `group ${group} reads the log in ${log} too, but this program does not know of it: entries are kept for it until 10 minutes after the last sign of life of its reader. Give all programs at this log the same configuration; if nobody reads for it, remove its position`,
  passed: (group: string, log: string) =>
    `group ${group} is behind in the log in ${log}, has shown no sign of life for 10 minutes, and this program does not know of it: what it has not read is removed. Give all programs at this log the same configuration; if nobody reads for it, remove its position`,
};
