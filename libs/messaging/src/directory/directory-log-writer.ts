import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readdir, realpath, rename } from 'node:fs/promises';
import { join } from 'node:path';
import {
  acquireInstanceLock,
  Backoff,
  codeOf,
  Turns,
  type Clock,
  type InstanceLock,
  type Logger,
} from '@haproxystats/runtime';
import type { LogRecord, LogWriter } from '../log';
import { LogDirectory, remove } from './directory';
import { CorruptEntryError, encodeEntry } from './entry-file';
import { entryAt, entryFrom } from './offsets';
import { retry } from './retry';

export interface DirectoryLogWriterOptions {
  /** Created where it is missing. */
  readonly path: string;
  /** The one topic this log holds. */
  readonly topic: string;
  /** The bound of the queue, in appends. */
  readonly maxEntries: number;
  /** The groups whose reading counts: what all of them have finished makes room. */
  readonly groups: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Waits for the disk on each append: survives a loss of power, not only the death of the process. Off unless told. */
  readonly fsync?: boolean;
}

/** What an opened log is known to hold. */
interface LogEnd {
  readonly oldest: number;
  readonly next: number;
  /** The newest entry's append time; 0 where there is none. */
  readonly appendedAt: number;
}

/**
 * The writer of a log of one partition in a directory: one file per append, whole or not at all. There is one per
 * directory. `append` waits while `maxEntries` are not finished by all groups, and while the disk is full.
 */
export class DirectoryLogWriter implements LogWriter {
  readonly #closing = new AbortController();
  readonly #turns = new Turns();
  readonly #openedAt: number;
  readonly #startTime: number;
  /** Of its unfinished files. */
  readonly #name = randomUUID();
  #next: number;
  #full = false;

  /** Rejects with InstanceLockError when another writer has the directory, and with the system's error when it cannot be used. */
  static async open(options: DirectoryLogWriterOptions): Promise<DirectoryLogWriter> {
    const directory = new LogDirectory(options.path, options.groups);
    await directory.create();
    const lock = await acquireInstanceLock(`the writer of the log in ${await realpath(options.path)}`);
    try {
      await removeUnfinished(options.path);
      return new DirectoryLogWriter(options, { directory, lock, end: await endOf(directory) });
    } catch (error) {
      await lock.close();
      throw error;
    }
  }

  private constructor(
    private readonly options: DirectoryLogWriterOptions,
    private readonly opened: { directory: LogDirectory; lock: InstanceLock; end: LogEnd },
  ) {
    this.#next = opened.end.next;
    this.#openedAt = options.clock.monotonic();
    // The wall clock counts once, here: jumps of it later must neither stall log time nor turn it back.
    this.#startTime = Math.max(opened.end.appendedAt, options.clock.wall());
  }

  async append(topic: string, records: readonly LogRecord[], signal?: AbortSignal): Promise<void> {
    const { path, topic: own, clock, logger } = this.options;
    if (topic !== own) throw new RangeError(`the log in ${path} holds topic ${own}, not ${topic}`);
    if (records.length === 0) return;
    const closing = this.#closing.signal;
    const stop = signal ? AbortSignal.any([signal, closing]) : closing;
    await this.#turns.take(stop, () =>
      retry(() => this.#appendOnce(records, stop), {
        what: `append to the log in ${path}`,
        signal: stop,
        clock,
        logger,
      }),
    );
  }

  /** The entries that not every group has finished. Read from the disk: the readers may be other processes. */
  depth(): number {
    const { directory } = this.opened;
    const first = entryAt(lowestWatermark(directory));
    return directory.entriesSync().filter((entry) => entry >= first).length;
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error(`the log in ${this.options.path} is closed`));
    await this.#turns.idle();
    await this.opened.lock.close();
  }

  async #appendOnce(records: readonly LogRecord[], stop: AbortSignal): Promise<void> {
    try {
      await this.#room(stop);
      await this.#write(encodeEntry({ appendedAt: this.#logTime(), records }));
    } catch (error) {
      // Somebody cleared it away: the next attempt finds it again.
      if (codeOf(error) === 'ENOENT') await this.opened.directory.create();
      throw error;
    }
  }

  async #room(stop: AbortSignal): Promise<void> {
    const backoff = new Backoff({ firstMs: 5, factor: 2, maxMs: 250 });
    while (!this.#hasRoom()) {
      this.#tellFull();
      await this.options.clock.sleep(backoff.next(), stop);
      stop.throwIfAborted();
    }
    if (this.#full) this.#tellRoom();
  }

  /** A directory is listed only where the numbers do not tell: the queue may have gaps. */
  #hasRoom(): boolean {
    const first = entryAt(lowestWatermark(this.opened.directory));
    const most = this.#next - Math.max(first, this.opened.end.oldest);
    return most < this.options.maxEntries || this.depth() < this.options.maxEntries;
  }

  #tellFull(): void {
    const { path, maxEntries, logger } = this.options;
    if (this.#full) return;
    this.#full = true;
    logger.warn({ path, maxEntries }, `the log in ${path} is full: appends wait for its readers`);
  }

  /** Not before half of it is free: a queue that is drained as fast as it fills up is one event, not many. */
  #tellRoom(): void {
    const { path, maxEntries, logger } = this.options;
    if (this.depth() > maxEntries / 2) return;
    this.#full = false;
    logger.info({ path, maxEntries }, `the log in ${path} has room again`);
  }

  async #write(pieces: readonly Buffer[]): Promise<void> {
    await this.#skipTaken();
    const path = this.opened.directory.entryPath(this.#next);
    const fsync = this.options.fsync ?? false;
    try {
      await writeFileWhole(`${path}.${this.#name}.tmp`, pieces, fsync);
      await rename(`${path}.${this.#name}.tmp`, path);
    } catch (error) {
      await remove(`${path}.${this.#name}.tmp`);
      throw error;
    }
    this.#next++;
    if (fsync) await syncFolder(this.options.path);
  }

  /** The lock does not reach into another container. A second writer there costs duplicates, but overwrites nothing and is not overread. */
  async #skipTaken(): Promise<void> {
    const { directory } = this.opened;
    const read = entryFrom(Math.max(...directory.positions().map(({ watermark }) => watermark)));
    if (read <= this.#next && !existsSync(directory.entryPath(this.#next))) return;
    const { path, logger } = this.options;
    logger.error(
      { path },
      `another writer writes into the log in ${path}: stop it, or give it a directory of its own`,
    );
    this.#next = Math.max(this.#next, await directory.end());
  }

  #logTime(): number {
    return this.#startTime + Math.floor(this.options.clock.monotonic() - this.#openedAt);
  }
}

function lowestWatermark(directory: LogDirectory): number {
  return Math.min(...directory.positions().map(({ watermark }) => watermark));
}

/** What a writer that was killed left half done: nobody was told that it was there. */
async function removeUnfinished(path: string): Promise<void> {
  for (const name of await readdir(path))
    if (/^\d{16}\.rec\..*tmp$/.test(name)) await remove(join(path, name));
}

async function endOf(directory: LogDirectory): Promise<LogEnd> {
  const next = await directory.end();
  const entries = await directory.entries();
  return { oldest: entries[0] ?? next, next, appendedAt: await newestTime(directory, entries) };
}

/** What cannot be read is for the reader to set aside and to say; the entry before knows the time as well. */
async function newestTime(directory: LogDirectory, entries: readonly number[]): Promise<number> {
  for (const entry of entries.toReversed()) {
    try {
      return (await directory.read(entry)).appendedAt;
    } catch (error) {
      if (!(error instanceof CorruptEntryError) && codeOf(error) !== 'ENOENT') throw error;
    }
  }
  return 0;
}

async function writeFileWhole(path: string, pieces: readonly Buffer[], fsync: boolean): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let rest = pieces; rest.length > 0;) rest = behind(rest, (await file.writev(rest)).bytesWritten);
    if (fsync) await file.datasync();
  } finally {
    await file.close();
  }
}

/** What of the pieces is left behind so many bytes: a disk that becomes full takes some, and the next write says why. */
function behind(pieces: readonly Buffer[], bytes: number): Buffer[] {
  let left = bytes;
  return pieces.flatMap((piece) => {
    const done = Math.min(left, piece.length);
    left -= done;
    return done < piece.length ? [piece.subarray(done)] : [];
  });
}

/** A rename survives a loss of power only once its folder is on the disk. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
