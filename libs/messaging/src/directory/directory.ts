import { constants, existsSync, readdirSync, statSync } from 'node:fs';
import { open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, makeDirectory } from '@haproxystats/runtime';
import type { Position } from '../log';
import { createCursor, decodeCursor, readCursor, writeCursor } from './cursor-file';
import { CorruptEntryError, decodeEntry, maxEntryBytes, type Entry } from './entry-file';
import { entryAt, entryFrom, entryLimit, offsetOf } from './offsets';
import { setAside } from './set-aside';

const entryFile = /^(\d{16})\.rec$/;
const groupName = /^(?!\.)[A-Za-z0-9._-]{1,200}$/;

/** A reader that runs renews the time of its cursor much more often than this. */
const signOfLifeMs = 600_000;

/** A group that is not configured here, but has a cursor: another program reads for it, or did. */
export interface OtherGroup {
  readonly group: string;
  /** Its reader has shown itself within the last 10 minutes. */
  readonly isAlive: boolean;
  readonly position: Position;
}

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

  /** Also what will be needed when no block is left: the groups' cursors and the folder for corrupt entries. A new group begins with the first entry. */
  async create(): Promise<void> {
    await makeDirectory(this.cursors);
    await makeDirectory(this.bad);
    for (const group of this.groups) {
      const isNew = !existsSync(this.cursorPath(group));
      await createCursor(this.cursorPath(group));
      if (isNew) await this.begin(group);
    }
  }

  /** Puts a group at the first entry that is there, unless it is further on. */
  async begin(group: string): Promise<void> {
    const [first = 0] = await this.entries();
    const offset = offsetOf(first, 0);
    if (first > 0) await writeCursor(this.cursorPath(group), { watermark: offset, base: offset });
  }

  /** The entries that are there, oldest first. */
  async entries(): Promise<number[]> {
    return entriesAmong(await readdir(this.path));
  }

  /** The same at once; none where the directory is not there. */
  entriesSync(): number[] {
    return entriesAmong(namesIn(this.path));
  }

  /** Where a group stands; one that has no cursor yet is at the start. */
  position(group: string): Position {
    return decodeCursor(readCursor(this.cursorPath(group))).position;
  }

  /** Where those stand for whom entries are kept: the configured groups, and others that are alive. `now`: wall clock. */
  positions(now: number): Position[] {
    const others = this.otherGroups(now).filter(({ isAlive }) => isAlive);
    return [...this.groups.map((group) => this.position(group)), ...others.map(({ position }) => position)];
  }

  /** A time far ahead of `now` is no sign of life either: the clock was wrong then, or is. */
  otherGroups(now: number): OtherGroup[] {
    return namesIn(this.cursors)
      .filter((group) => groupName.test(group) && !this.groups.includes(group))
      .map((group) => {
        const shownAt = statSync(this.cursorPath(group), { throwIfNoEntry: false })?.mtimeMs ?? 0;
        const isAlive = Math.abs(now - shownAt) < signOfLifeMs;
        return { group, isAlive, position: this.position(group) };
      });
  }

  /** Throws CorruptEntryError, also for what is no file, and for bytes that the disk cannot read. */
  async read(entry: number): Promise<Entry> {
    // Else a pipe of that name would keep this waiting for ever.
    const file = await open(this.entryPath(entry), constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile()) throw new CorruptEntryError('it is no regular file');
      const { size } = found;
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

  /** As `setAside` of files. */
  setAside(entry: number): Promise<boolean> {
    return setAside(this.entryPath(entry), this.bad);
  }

  /** The entry behind all that were ever written here, as far as the entries, the corrupt ones and all cursors know. */
  async end(): Promise<number> {
    const bad = namesIn(this.bad).map((name) => name.replace(/\.bad$/, ''));
    const written = [await this.entries(), entriesAmong(bad)].map((entries) => (entries.at(-1) ?? -1) + 1);
    const read = namesIn(this.cursors).map((group) => entryFrom(this.position(group).watermark));
    return Math.max(...written, ...read);
  }

  /**
   * Removes the entries that no group will read again, but for the newest of all: by that number and time go on, also where two
   * programs write and one of them slept. Answers the first entry that is left. `from`: what it answered before.
   */
  async trim(from: number, now: number): Promise<number> {
    const end = entryAt(Math.min(...this.positions(now).map(({ base }) => base)));
    const left = existsSync(this.entryPath(end)) ? end : Math.min(end, (await this.entries()).at(-1) ?? end);
    for (const entry of await this.#between(from, left)) await remove(this.entryPath(entry));
    return Math.max(from, left);
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

/** None where the folder is not there. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** A number that no offset can tell is none of ours: the next entry would have to lie behind it. */
function entriesAmong(names: readonly string[]): number[] {
  return names
    .flatMap((name) => entryFile.exec(name)?.[1] ?? [])
    .map(Number)
    .filter((entry) => entry < entryLimit)
    .sort((a, b) => a - b);
}
