import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '@haproxystats/runtime';
import type { LogDirectory } from '../directory/directory';
import { CorruptEntryError } from '../directory/entry-file';
import { entryAt, offsetOf } from '../directory/offsets';
import { remove } from '../directory/directory';
import type { LogEntry } from '../log';
import { DeadLettersUnavailable, type DeadLetterStore } from './dead-letter-store';
import { deadLetterLog } from './directory-dead-letters';

/** The dead letters of all roles, in directories beside each other: a role is a partition. It can be read while they are written. */
export class DirectoryDeadLetterStore implements DeadLetterStore {
  #logs: readonly LogDirectory[] = [];

  constructor(
    readonly place: string,
    private readonly topic: string,
  ) {}

  async read(visit: (entry: LogEntry) => Promise<void>, signal: AbortSignal): Promise<number> {
    this.#logs = await this.#roles();
    let corrupt = 0;
    for (const [partition, log] of this.#logs.entries()) {
      for (const entry of await log.entries()) {
        signal.throwIfAborted();
        const letters = await this.#lettersIn(entry, partition);
        if (!letters) corrupt++;
        for (const letter of letters ?? []) await visit(letter);
      }
    }
    return corrupt;
  }

  async markReplayed({ partition, offset }: LogEntry): Promise<void> {
    const log = this.#logs[partition];
    if (log) await remove(log.entryPath(entryAt(offset)));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** None where nothing was ever put aside. */
  async #roles(): Promise<LogDirectory[]> {
    try {
      const found = await readdir(this.place, { withFileTypes: true });
      const names = found.filter((each) => each.isDirectory()).map(({ name }) => name);
      return names.sort().map((name) => deadLetterLog(join(this.place, name)));
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return [];
      throw new DeadLettersUnavailable(
        `${this.place} cannot be read (${codeOf(cause) ?? String(cause)}): run this as the user of the processor`,
        { cause },
      );
    }
  }

  /** undefined: corrupt. None: the processor has just removed it, as one of too many. */
  async #lettersIn(entry: number, partition: number): Promise<LogEntry[] | undefined> {
    try {
      const { records, appendedAt } = await this.#logs[partition]!.read(entry);
      return records.map((record, index) => ({
        ...record,
        topic: this.topic,
        partition,
        offset: offsetOf(entry, index),
        next: offsetOf(entry, index + 1),
        appendedAt,
        priming: false,
      }));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      if (error instanceof CorruptEntryError) return undefined;
      throw error;
    }
  }
}
