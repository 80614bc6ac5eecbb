import { realpath } from 'node:fs/promises';
import {
  acquireInstanceLock,
  codeOf,
  type Clock,
  type InstanceLock,
  type Logger,
} from '@haproxystats/runtime';
import { Doorbell } from '../doorbell';
import type { LogEntry, LogHandler, LogReader } from '../log';
import { PartitionPump, type WaterMark } from '../partition-pump';
import { LogDirectory } from './directory';
import { DirectoryWatch } from './directory-watch';
import { EntryScanner } from './entry-scanner';
import { GroupCursor } from './group-cursor';
import { RecordCounter } from './record-counter';
import { retry } from './retry';

export interface DirectoryLogReaderOptions {
  /** Waited for where it is missing. */
  readonly path: string;
  readonly topic: string;
  readonly group: string;
  /** All groups that read this log, `group` among them: entries are removed once none of them needs them any more. */
  readonly groups: readonly string[];
  readonly tickMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How often to look for what inotify missed; 1 s unless given. */
  readonly rescanMs?: number;
  /** How much may wait for the handler before no further entry file is read; 1,000 records or 8 MiB unless given. */
  readonly highWater?: WaterMark;
}

const defaultHighWater: WaterMark = { entries: 1_000, bytes: 8 * 1024 * 1024 };

/** Reads a directory log for one group. There is one per directory and group; the writer and the readers may be processes of their own. */
export class DirectoryLogReader implements LogReader {
  readonly failure: Promise<never>;
  readonly #directory: LogDirectory;
  readonly #cursor: GroupCursor;
  readonly #counter: RecordCounter;
  readonly #watch: DirectoryWatch;
  readonly #bell: Doorbell;
  readonly #rescanMs: number;
  readonly #closing = new AbortController();
  #reject!: (error: unknown) => void;
  #running: Promise<void> | undefined;
  #lock: InstanceLock | undefined;
  #pump: PartitionPump | undefined;
  #aboveHighWater = false;
  #lost = 0;

  /** Throws RangeError where `group` is not one of `groups`, or cannot name a file. */
  constructor(private readonly options: DirectoryLogReaderOptions) {
    const { path, group, groups, clock, logger } = options;
    if (!groups.includes(group)) {
      throw new RangeError(`group ${group} is none of those of the log in ${path}: ${groups.join(', ')}`);
    }
    this.#directory = new LogDirectory(path, groups);
    this.#cursor = new GroupCursor({ directory: this.#directory, group, clock, logger });
    this.#counter = new RecordCounter(this.#directory);
    this.#bell = new Doorbell(clock);
    this.#watch = new DirectoryWatch({ path, logger, onEntry: () => this.#bell.ring() });
    this.#rescanMs = options.rescanMs ?? 1_000;
    this.failure = new Promise((_, reject) => (this.#reject = reject));
    // Who does not listen here finds it among the messages.
    this.failure.catch(() => undefined);
  }

  start(handler: LogHandler): void {
    if (this.#running) throw new Error(`the reader of the log in ${this.options.path} was started before`);
    this.#running = this.#run(handler);
  }

  get ready(): boolean {
    return this.#pump !== undefined && !this.#closing.signal.aborted;
  }

  lag(): ReadonlyMap<number, number> {
    return new Map([[0, this.#counter.from(this.#cursor.position().watermark)]]);
  }

  /** An entry counts as one record: how many there were in it is gone with it. */
  get lost(): number {
    return this.#lost;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#bell.ring();
    await this.#running;
  }

  async #run(handler: LogHandler): Promise<void> {
    try {
      this.#lock = await acquireInstanceLock(await this.#lockName());
      await this.#follow(handler);
    } catch (error) {
      this.#fail(error);
    } finally {
      await this.#pump?.end('closed');
      this.#watch.close();
      await this.#lock?.close();
    }
  }

  /** Known once the directory is there. */
  async #lockName(): Promise<string> {
    const { path, group, logger } = this.options;
    for (let waited = false; ; waited = true) {
      this.#closing.signal.throwIfAborted();
      try {
        return `the reader for group ${group} of the log in ${await realpath(path)}`;
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
      }
      if (!waited) logger.info({ path }, `${path} does not exist yet: waiting for it`);
      await this.#bell.wait(this.#rescanMs);
    }
  }

  async #follow(handler: LogHandler): Promise<void> {
    const { path, topic, clock, logger } = this.options;
    const signal = this.#closing.signal;
    const committed = await this.#cursor.open(signal);
    const onLost = (entries: number): number => (this.#lost += entries);
    const directory = this.#directory;
    const scanner = new EntryScanner({ directory, topic, committed, onLost, clock, logger });
    const pump = (this.#pump = this.#createPump(handler, committed));
    while (!signal.aborted) {
      await this.#cursor.showLife();
      if (this.#aboveHighWater) {
        await this.#bell.wait(this.#rescanMs);
        continue;
      }
      const look = (): Promise<LogEntry[] | undefined> => this.#look(scanner);
      const entries = await retry(look, { what: `read the log in ${path}`, signal, clock, logger });
      if (entries) pump.offer(entries);
      else await this.#atEnd(pump);
    }
  }

  /** Watches before it looks, so that nothing comes unseen in between. A directory that fails may be another one later. */
  async #look(scanner: EntryScanner): Promise<LogEntry[] | undefined> {
    try {
      this.#watch.open();
      return await scanner.next();
    } catch (error) {
      this.#watch.close();
      throw error;
    }
  }

  async #atEnd(pump: PartitionPump): Promise<void> {
    pump.caughtUp(true);
    await this.#bell.wait(this.#rescanMs);
  }

  #createPump(handler: LogHandler, committed: { watermark: number; base: number }): PartitionPump {
    const { topic, tickMs, clock, logger, highWater = defaultHighWater } = this.options;
    const pump: PartitionPump = new PartitionPump({
      topic,
      partition: 0,
      committed,
      commit: (position) => this.#cursor.store(position, pump.session.signal),
      handler,
      tickMs,
      highWater,
      lowWater: { entries: highWater.entries / 2, bytes: highWater.bytes / 2 },
      onHigh: () => (this.#aboveHighWater = true),
      onLow: () => {
        this.#aboveHighWater = false;
        this.#bell.ring();
      },
      onFailure: (error) => this.#fail(error),
      idleTrustMs: 3 * this.#rescanMs,
      clock,
      logger,
    });
    return pump;
  }

  /** Ends the reader for good. What fails because it was closed is no failure. */
  #fail(error: unknown): void {
    const { signal } = this.#closing;
    if (error === signal.reason) return;
    const { path, group, logger } = this.options;
    logger.error({ err: error }, `the reader for group ${group} of the log in ${path} has failed`);
    this.#reject(error);
    this.#closing.abort();
    this.#bell.ring();
  }
}
