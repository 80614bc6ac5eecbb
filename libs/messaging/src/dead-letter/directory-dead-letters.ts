import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Logger } from '@haproxystats/runtime';
import { DirectoryLogWriter } from '../directory';
import { LogDirectory, remove } from '../directory/directory';
import type { LogRecord, LogWriter } from '../log';

/** Nobody reads it as a group: what is there is what is kept. */
const groups = ['kept'];

export interface DirectoryBounds {
  readonly letters: number;
  readonly bytes: number;
}

const defaultBounds: DirectoryBounds = { letters: 1_000, bytes: 256 * 1024 * 1024 };

/** Where the dead letters of the roles lie without Kafka, a directory for each. */
export function deadLetterDirectory(framesDirectory: string): string {
  return join(framesDirectory, 'dlq');
}

export function deadLetterLog(path: string): LogDirectory {
  return new LogDirectory(path, groups);
}

export interface DirectoryDeadLettersOptions {
  readonly path: string;
  readonly topic: string;
  readonly bounds?: DirectoryBounds;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The dead letter queue of one role in a directory, which is made with the first letter; of too many the oldest are removed. */
export class DirectoryDeadLetters implements LogWriter {
  readonly #directory: LogDirectory;
  #writer: Promise<DirectoryLogWriter> | undefined;

  constructor(private readonly options: DirectoryDeadLettersOptions) {
    this.#directory = deadLetterLog(options.path);
  }

  async append(topic: string, records: readonly LogRecord[], signal?: AbortSignal): Promise<void> {
    const writer = await this.#open();
    await writer.append(topic, records, signal);
    await this.#trim();
  }

  async close(): Promise<void> {
    await (await this.#writer)?.close();
  }

  /** What fails is tried again with the next letter. */
  async #open(): Promise<DirectoryLogWriter> {
    this.#writer ??= DirectoryLogWriter.open({ ...this.options, groups, maxEntries: Infinity });
    try {
      return await this.#writer;
    } catch (error) {
      this.#writer = undefined;
      throw error;
    }
  }

  /** Going from the newest to the oldest: what is beyond either bound goes. */
  async #trim(): Promise<void> {
    const { letters, bytes } = this.options.bounds ?? defaultBounds;
    let kept = 0;
    let room = bytes;
    for (const entry of (await this.#directory.entries()).toReversed()) {
      const path = this.#directory.entryPath(entry);
      room -= statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      if (++kept > letters || room < 0) await remove(path);
    }
  }
}
