import { randomUUID } from 'node:crypto';
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import {
  acquireInstanceLock,
  codeOf,
  Turns,
  type Clock,
  type InstanceLock,
  type Logger,
} from '@haproxystats/runtime';
import type { LogRecord, LogWriter } from '../log';
import { LogDirectory, remove } from './directory';
import { CorruptEntryError, encodeEntry } from './entry-file';
import { QueueRoom, type WhenFull } from './queue-room';
import { retry } from './retry';
import { place, syncFolder, writeWhole } from './whole-file';

export interface DirectoryLogWriterOptions {
  /** Created where it is missing. */
  readonly path: string;
  /** The one topic this log holds. */
  readonly topic: string;
  /** The bound of the queue, in appends. */
  readonly maxEntries: number;
  /** What becomes of an append beyond it; `suspend` unless told. */
  readonly whenFull?: WhenFull;
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
 * directory. Where `maxEntries` are not finished by all groups `append` waits or, with `drop-oldest`, removes the oldest of
 * them. It waits while the disk is full.
 */
export class DirectoryLogWriter implements LogWriter {
  readonly #closing = new AbortController();
  readonly #turns = new Turns();
  readonly #openedAt: number;
  readonly #startTime: number;
  readonly #room: QueueRoom;
  /** Of its unfinished files. */
  readonly #name = randomUUID();
  #drafts = 0;
  #next: number;
  #isToldOfOther = false;

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
    const room = { directory: opened.directory, whenFull: options.whenFull ?? 'suspend' };
    this.#room = new QueueRoom({ ...options, ...room }, opened.end.oldest);
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
    const retrying = { what: `append to the log in ${path}`, signal: stop, clock, logger };
    await this.#turns.take(stop, async () => {
      await retry(() => this.#appendOnce(records, stop), retrying);
      if (this.options.fsync) await retry(() => syncFolder(path), retrying);
    });
  }

  /** The entries that not every group has finished. Read from the disk: the readers may be other processes. */
  depth(): number {
    return this.#room.depth();
  }

  /** Entries, since the start, that had to go before every group had finished them. */
  get dropped(): number {
    return this.#room.dropped;
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error(`the log in ${this.options.path} is closed`));
    await this.#turns.idle();
    this.#room.close();
    await this.opened.lock.close();
  }

  async #appendOnce(records: readonly LogRecord[], stop: AbortSignal): Promise<void> {
    try {
      await this.#room.make(this.#next, stop);
      await this.#write(encodeEntry({ appendedAt: this.#logTime(), records }));
    } catch (error) {
      // Somebody cleared it away: the next attempt finds it again.
      if (codeOf(error) === 'ENOENT') await this.opened.directory.create();
      throw error;
    }
  }

  async #write(pieces: readonly Buffer[]): Promise<void> {
    const draft = `${this.opened.directory.entryPath(this.#next)}.${this.#name}-${this.#drafts++}.tmp`;
    try {
      await writeWhole(draft, pieces, this.options.fsync ?? false);
      await this.#place(draft);
    } finally {
      await this.#clearAway(draft);
    }
  }

  /** What came of the append is decided before. */
  async #clearAway(draft: string): Promise<void> {
    try {
      await remove(draft);
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
      this.options.logger.warn({ err: error }, `cannot remove ${draft}: it stays until the next start`);
    }
  }

  /**
   * The lock does not reach into another container. Where a second writer there has gone on behind this number, a reader may
   * have passed it: the entry gets a further one. So two writers cost duplicates, but overwrite nothing and are not overread.
   */
  async #place(draft: string): Promise<void> {
    for (;;) {
      const entry = this.#next;
      const isPlaced = await place(draft, this.opened.directory.entryPath(entry));
      if (isPlaced) this.#next = entry + 1;
      const end = await this.opened.directory.end();
      this.#next = Math.max(entry + 1, end);
      if (isPlaced && end <= entry + 1) return;
      this.#tellOfOther();
    }
  }

  #tellOfOther(): void {
    const { path, logger } = this.options;
    if (this.#isToldOfOther) return;
    this.#isToldOfOther = true;
    logger.error(
      { path },
      `another writer writes into the log in ${path}: stop it, or give it a directory of its own`,
    );
  }

  #logTime(): number {
    return this.#startTime + Math.floor(this.options.clock.monotonic() - this.#openedAt);
  }
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
