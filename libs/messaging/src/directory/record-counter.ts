import { closeSync, openSync, readSync } from 'node:fs';
import type { LogDirectory } from './directory';
import { decodeHeader, entryHeaderBytes } from './entry-file';
import { entryAt, indexOf } from './offsets';

/** Counts the records of a log from the heads of its entries. */
export class RecordCounter {
  #counts = new Map<number, number>();

  constructor(private readonly directory: LogDirectory) {}

  /** The records at and above `offset`. An entry whose head cannot be read counts as one record. */
  from(offset: number): number {
    const first = entryAt(offset);
    const entries = this.directory.entriesSync().filter((entry) => entry >= first);
    this.#counts = new Map(entries.map((entry) => [entry, this.#counts.get(entry) ?? this.#count(entry)]));
    const below = entries[0] === first ? indexOf(offset) : 0;
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0) - below;
  }

  #count(entry: number): number {
    try {
      const file = openSync(this.directory.entryPath(entry), 'r');
      try {
        const head = Buffer.alloc(entryHeaderBytes);
        return decodeHeader(head.subarray(0, readSync(file, head, 0, head.length, 0))).count;
      } finally {
        closeSync(file);
      }
    } catch {
      // The reader meets the same fault when it gets there, and says it.
      return 1;
    }
  }
}
