import { Backoff, type Clock, type Logger } from '@haproxystats/runtime';
import { remove, type LogDirectory } from './directory';
import { entryAt } from './offsets';

/** What becomes of an append to a full log: it waits for the readers, or takes the place of the oldest entry. */
export type WhenFull = 'suspend' | 'drop-oldest';

export interface QueueRoomOptions {
  readonly directory: LogDirectory;
  /** So many entries may wait for the slowest group. */
  readonly maxEntries: number;
  readonly whenFull: WhenFull;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps a log within its bound. A time of fullness is one event: told when it begins, and when half of the log is free again. */
export class QueueRoom {
  #full = false;
  #dropped = 0;
  #droppedBefore = 0;

  /** `oldest`: no entry below it is there. */
  constructor(
    private readonly options: QueueRoomOptions,
    private readonly oldest: number,
  ) {}

  /** Entries, since the start, that were removed before every group was done with them. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The entries that not every group is done with. Read from the disk: the readers may be other processes. */
  depth(): number {
    return this.#waiting().length;
  }

  /** Resolves when the entry `next` may be written; rejects with the reason of `stop`. */
  async make(next: number, stop: AbortSignal): Promise<void> {
    if (this.options.whenFull === 'drop-oldest') await this.#drop(next);
    else await this.#wait(next, stop);
    if (this.#full && this.depth() <= this.options.maxEntries / 2) this.#tellRoom();
  }

  /** Sums up what is not over yet. */
  close(): void {
    if (this.#dropped > this.#droppedBefore) this.#tellRoom();
  }

  async #wait(next: number, stop: AbortSignal): Promise<void> {
    const backoff = new Backoff({ firstMs: 5, factor: 2, maxMs: 250 });
    while (!this.#hasRoom(next)) {
      this.#tellFull('appends wait for its readers');
      await this.options.clock.sleep(backoff.next(), stop);
      stop.throwIfAborted();
    }
  }

  async #drop(next: number): Promise<void> {
    const { directory, maxEntries } = this.options;
    if (this.#hasRoom(next)) return;
    const waiting = this.#waiting();
    for (const entry of waiting.slice(0, waiting.length - maxEntries + 1)) {
      this.#tellFull('its oldest entries are dropped until its readers catch up');
      await remove(directory.entryPath(entry));
      this.#dropped++;
    }
  }

  /** A directory is listed only where the numbers do not tell: the queue may have gaps. */
  #hasRoom(next: number): boolean {
    const most = next - Math.max(this.#first(), this.oldest);
    return most < this.options.maxEntries || this.depth() < this.options.maxEntries;
  }

  #waiting(): number[] {
    const first = this.#first();
    return this.options.directory.entriesSync().filter((entry) => entry >= first);
  }

  #first(): number {
    const { directory, clock } = this.options;
    return entryAt(Math.min(...directory.positions(clock.wall()).map(({ watermark }) => watermark)));
  }

  #tellFull(then: string): void {
    const { directory, maxEntries, logger } = this.options;
    if (this.#full) return;
    this.#full = true;
    logger.warn({ path: directory.path, maxEntries }, `the log in ${directory.path} is full: ${then}`);
  }

  #tellRoom(): void {
    const { directory, maxEntries, logger } = this.options;
    const { path } = directory;
    const dropped = this.#dropped - this.#droppedBefore;
    this.#full = false;
    this.#droppedBefore = this.#dropped;
    if (dropped === 0) logger.info({ path, maxEntries }, `the log in ${path} has room again`);
    else {
      const lost = `${dropped} entries were dropped before they were read`;
      logger.warn({ path, maxEntries, dropped }, `the log in ${path} was full: ${lost}`);
    }
  }
}
