import { codeOf, type Clock, type Logger } from '@haproxystats/runtime';
import type { LogEntry, Position } from '../log';
import type { LogDirectory } from './directory';
import { CorruptEntryError, type Entry } from './entry-file';
import { entryAt, offsetOf } from './offsets';

export interface EntryScannerOptions {
  readonly directory: LogDirectory;
  readonly topic: string;
  /** Reading starts at its base; what lies below its watermark is priming. */
  readonly committed: Position;
  /** So many entries were gone before they were read. */
  readonly onLost: (entries: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** While a log drops its oldest entries, a slow reader misses some again and again: this often it says so. */
const tellEveryMs = 60_000;

/** Reads the entries of a log one file at a time, in order. What cannot be read is set aside, said, and never in the way. */
export class EntryScanner {
  #listed: number[] = [];
  #offset: number;
  /** The entry from which on those before the present one are missing. */
  #missingFrom: number | undefined;
  /** What is missing and not told yet. */
  #untold: { first: number; last: number; entries: number } | undefined;
  #tellAt = -Infinity;

  constructor(private readonly options: EntryScannerOptions) {
    this.#offset = options.committed.base;
  }

  /** The records of the next entry; `undefined` at the end of the log. Rejects with the system's errors; calling again goes on. */
  async next(): Promise<LogEntry[] | undefined> {
    for (;;) {
      this.#tellMissing();
      if (this.#listed.length === 0) this.#listed = await this.#list();
      const entry = this.#listed[0];
      if (entry === undefined) return undefined;
      const records = await this.#recordsOf(entry);
      this.#listed.shift();
      if (records) this.#countMissing(entry);
      else this.#missingFrom ??= entry;
      this.#offset = offsetOf(entry + 1, 0);
      if (records && records.length > 0) return records;
    }
  }

  async #list(): Promise<number[]> {
    const expected = entryAt(this.#offset);
    const entries = (await this.options.directory.entries()).filter((entry) => entry >= expected);
    const first = entries[0] ?? expected;
    if (first > expected) this.#missingFrom ??= expected;
    return entries;
  }

  #countMissing(next: number): void {
    const first = this.#missingFrom;
    if (first === undefined) return;
    this.#missingFrom = undefined;
    const entries = next - first;
    this.options.onLost(entries);
    const before = this.#untold ?? { first, entries: 0 };
    this.#untold = { first: before.first, last: next - 1, entries: before.entries + entries };
    this.#tellMissing();
  }

  #tellMissing(): void {
    const { directory, clock, logger } = this.options;
    if (!this.#untold || clock.monotonic() < this.#tellAt) return;
    const { first, last, entries } = this.#untold;
    const which = entries === last - first + 1 ? 'entries' : `${entries} of the entries`;
    const { path } = directory;
    logger.warn(
      { path, first, last, entries },
      `${which} ${first} to ${last} of the log in ${path} were removed before they were read`,
    );
    this.#untold = undefined;
    this.#tellAt = clock.monotonic() + tellEveryMs;
  }

  /** None where the entry was corrupt, `undefined` where it went away. */
  async #recordsOf(entry: number): Promise<LogEntry[] | undefined> {
    const { directory } = this.options;
    try {
      return this.#logEntries(entry, await directory.read(entry));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      if (!(error instanceof CorruptEntryError)) throw error;
      await this.#setAside(entry, error);
      return [];
    }
  }

  async #setAside(entry: number, corrupt: CorruptEntryError): Promise<void> {
    const { directory, logger } = this.options;
    const what = `${directory.entryPath(entry)} is corrupt`;
    try {
      const isKept = await directory.setAside(entry);
      const where = isKept ? `set aside in ${directory.bad}` : 'removed, for want of room';
      logger.error({ err: corrupt }, `${what} and ${where}: ${corrupt.message}`);
    } catch (error) {
      const why = codeOf(error);
      if (why === undefined) throw error;
      logger.error(
        { err: corrupt },
        `${what} and passed over, as it cannot be set aside in ${directory.bad} (${why}): ${corrupt.message}`,
      );
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
