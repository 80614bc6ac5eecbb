import { watch, type FSWatcher } from 'node:fs';
import { basename } from 'node:path';
import type { Logger } from '@haproxystats/runtime';

export interface DirectoryWatchOptions {
  readonly path: string;
  /** A new entry may be there. */
  readonly onEntry: () => void;
  readonly logger: Logger;
}

/** Tells of new entries in a directory (inotify). It may miss some: whoever uses it looks now and then as well. */
export class DirectoryWatch {
  #watcher: FSWatcher | undefined;
  #told = false;

  constructor(private readonly options: DirectoryWatchOptions) {}

  /** Watches from now on; where the system refuses it (too many watches), nothing but one message. */
  open(): void {
    const { path, onEntry } = this.options;
    if (this.#watcher) return;
    try {
      this.#watcher = watch(path, (_, name) => {
        // It was removed, or moved away: what is made in its place is another one.
        if (name === basename(path)) this.close();
        if (name === null || name.endsWith('.rec')) onEntry();
      });
      this.#watcher.on('error', (error) => this.#failed(error));
    } catch (error) {
      this.#failed(error);
    }
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #failed(error: unknown): void {
    const { path, logger } = this.options;
    this.close();
    if (this.#told) return;
    this.#told = true;
    logger.warn({ err: error }, `cannot watch ${path}; new entries are looked for now and then instead`);
  }
}
