import { codeOf, type Logger } from '@haproxystats/runtime';
import type { LogEntry, Position } from '../log';
import type { LogDirectory } from './directory';
import { CorruptEntryError, type Entry } from './entry-file';
import { entryAt, offsetOf } from './offsets';

export interface EntryScannerOptions {
  readonly directory: LogDirectory;
  readonly topic: string;
  /** Reading starts at its base; what lies below its watermark is priming. */
  readonly committed: Position;
  readonly logger: Logger;
}

/** Reads the entries of a log one file at a time, in order. What cannot be read is set aside, said, and never in the way. */
export class EntryScanner {
  #listed: number[] = [];
  #offset: number;

  constructor(private readonly options: EntryScannerOptions) {
    this.#offset = options.committed.base;
  }

  /** The records of the next entry; `undefined` at the end of the log. Rejects with the system's errors; calling again goes on. */
  async next(): Promise<LogEntry[] | undefined> {
    for (;;) {
      if (this.#listed.length === 0) this.#listed = await this.#list();
      const entry = this.#listed[0];
      if (entry === undefined) return undefined;
      const records = await this.#readOrSetAside(entry);
      this.#listed.shift();
      this.#offset = offsetOf(entry + 1, 0);
      if (records.length > 0) return records;
    }
  }

  async #list(): Promise<number[]> {
    const { directory, logger } = this.options;
    const expected = entryAt(this.#offset);
    const entries = (await directory.entries()).filter((entry) => entry >= expected);
    const first = entries[0] ?? expected;
    if (first > expected && expected > 0) {
      logger.warn(
        { path: directory.path, first: expected, last: first - 1 },
        `entries ${expected} to ${first - 1} of the log in ${directory.path} are not there any more`,
      );
    }
    return entries;
  }

  async #readOrSetAside(entry: number): Promise<LogEntry[]> {
    const { directory, logger } = this.options;
    const path = directory.entryPath(entry);
    try {
      return this.#logEntries(entry, await directory.read(entry));
    } catch (error) {
      if (error instanceof CorruptEntryError) {
        logger.error(
          { err: error },
          `${path} is corrupt and set aside in ${directory.bad}: ${error.message}`,
        );
        await directory.setAside(entry);
      } else if (codeOf(error) === 'ENOENT') {
        logger.warn({ path }, `${path} went away before it was read`);
      } else throw error;
      return [];
    }
  }

  #logEntries(entry: number, { appendedAt, records }: Entry): LogEntry[] {
    const { topic, committed } = this.options;
    return records
      .map((record, index) => {
        const offset = offsetOf(entry, index);
        const next = index + 1 < records.length ? offset + 1 : offsetOf(entry + 1, 0);
        return {
          ...record,
          topic,
          partition: 0,
          offset,
          next,
          appendedAt,
          priming: offset < committed.watermark,
        };
      })
      .filter(({ offset }) => offset >= this.#offset);
  }
}
