import { readdirSync } from 'node:fs';
import { mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { codeOf } from '@haproxystats/runtime';
import type { Position } from '../log';
import { createCursor, decodeCursor, readCursor } from './cursor-file';
import { CorruptEntryError, decodeEntry, maxEntryBytes, type Entry } from './entry-file';
import { entryAt, entryFrom } from './offsets';

const entryFile = /^(\d{16})\.rec$/;
const groupName = /^(?!\.)[A-Za-z0-9._-]{1,200}$/;

/** The newest this many corrupt entries are kept for a look. */
const keptCorruptEntries = 16;

/** What lies where in the directory of a log: `<entry>.rec`, `cursors/<group>`, `bad/<entry>.rec.bad`. */
export class LogDirectory {
  /** Throws RangeError for a group whose name cannot be a file's. */
  constructor(
    readonly path: string,
    readonly groups: readonly string[],
  ) {
    const bad = groups.find((group) => !groupName.test(group));
    if (bad !== undefined || groups.length === 0) {
      throw new RangeError(
        `the log in ${path} needs at least one group named by letters, digits, '.', '_' and '-', got ${JSON.stringify(bad ?? '')}`,
      );
    }
  }

  entryPath(entry: number): string {
    return join(this.path, `${String(entry).padStart(16, '0')}.rec`);
  }

  cursorPath(group: string): string {
    return join(this.path, 'cursors', group);
  }

  get cursors(): string {
    return join(this.path, 'cursors');
  }

  get bad(): string {
    return join(this.path, 'bad');
  }

  /** Also what will be needed when no block is left: the groups' cursors and the folder for corrupt entries. */
  async create(): Promise<void> {
    await mkdir(this.cursors, { recursive: true });
    await mkdir(this.bad, { recursive: true });
    for (const group of this.groups) await createCursor(this.cursorPath(group));
  }

  /** The entries that are there, oldest first. */
  async entries(): Promise<number[]> {
    return entriesAmong(await readdir(this.path));
  }

  /** The same at once; none where the directory is not there. */
  entriesSync(): number[] {
    try {
      return entriesAmong(readdirSync(this.path));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /** Where the configured groups stand; one that has no cursor yet is at the start. */
  positions(): Position[] {
    return this.groups.map((group) => decodeCursor(readCursor(this.cursorPath(group))).position);
  }

  /** Throws CorruptEntryError, also for bytes that the disk cannot read. */
  async read(entry: number): Promise<Entry> {
    const file = await open(this.entryPath(entry));
    try {
      const { size } = await file.stat();
      if (size > maxEntryBytes)
        throw new CorruptEntryError(`${size} bytes, at most ${maxEntryBytes} are read`);
      return decodeEntry(await file.readFile());
    } catch (error) {
      if (codeOf(error) !== 'EIO') throw error;
      throw new CorruptEntryError('the disk cannot read it', { cause: error });
    } finally {
      await file.close();
    }
  }

  /** Moves an entry out of the way, into the folder `bad`, of which only the newest are kept; removes it where no room is left for that. */
  async setAside(entry: number): Promise<void> {
    const path = this.entryPath(entry);
    try {
      await mkdir(this.bad, { recursive: true });
      await rename(path, join(this.bad, `${basename(path)}.bad`));
    } catch (error) {
      if (codeOf(error) === 'ENOSPC') await remove(path);
      // Gone already: another group's reader has met it too.
      else if (codeOf(error) !== 'ENOENT') throw error;
    }
    const kept = (await readdir(this.bad)).sort();
    for (const old of kept.slice(0, -keptCorruptEntries)) await remove(join(this.bad, old));
  }

  /** The entry behind all that were ever written here, as far as the entries, the corrupt ones and all cursors know. */
  async end(): Promise<number> {
    const bad = (await readdir(this.bad)).map((name) => name.replace(/\.bad$/, ''));
    const written = [await this.entries(), entriesAmong(bad)].map((entries) => (entries.at(-1) ?? -1) + 1);
    const read = (await readdir(this.cursors)).map((group) =>
      entryFrom(decodeCursor(readCursor(this.cursorPath(group))).position.watermark),
    );
    return Math.max(...written, ...read);
  }

  /** Removes the entries that no configured group will read again; answers the first that is left. `from`: what it answered before. */
  async trim(from = 0): Promise<number> {
    const end = entryAt(Math.min(...this.positions().map(({ base }) => base)));
    for (const entry of await this.#between(from, end)) await remove(this.entryPath(entry));
    return Math.max(from, end);
  }

  /** All entries there, and perhaps some that are not: to list a long queue for each entry it loses would take its square. */
  async #between(from: number, end: number): Promise<number[]> {
    if (end - from <= 100) return Array.from({ length: Math.max(0, end - from) }, (_, index) => from + index);
    return (await this.entries()).filter((entry) => entry < end);
  }
}

/** Removes a file that may be gone already. */
export async function remove(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

function entriesAmong(names: readonly string[]): number[] {
  return names
    .flatMap((name) => entryFile.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}
