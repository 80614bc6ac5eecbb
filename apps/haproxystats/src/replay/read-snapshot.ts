import { join } from 'node:path';
import type { ProcessText } from '@haproxystats/metrics';
import { codeOf } from '@haproxystats/runtime';
import { readFile, type ReadLimit } from './read-file';
import { listProcessFiles, type ProcessFiles } from './snapshot-files';
import { UnusableError } from './unusable';

export interface ReadLimits {
  /** The largest answer of one process, as the puller takes it. */
  readonly maxReplyBytes: number;
  /** All answers of one poll together. */
  readonly maxPollBytes: number;
}

/** What the processes of a node said at one time, as far as it can be read. */
export interface SnapshotTexts {
  readonly files: readonly ProcessFiles[];
  readonly texts: readonly ProcessText[];
  /** The files that cannot be read, and why. */
  readonly unreadable: ReadonlyMap<string, Error>;
}

/** Rejects where the directory cannot be listed, or is no snapshot. */
export async function readSnapshot(path: string, limits: ReadLimits): Promise<SnapshotTexts> {
  const files = await listProcessFiles(path);
  const reader = new SnapshotReader(path, limits);
  const texts: ProcessText[] = [];
  for (const { process, info, stat } of files) {
    const text = { process, info: await reader.read(info), stat: await reader.read(stat) };
    texts.push({ process, info: text.info, stats: text.stat ? [text.stat] : [] });
  }
  return { files, texts, unreadable: reader.unreadable };
}

class SnapshotReader {
  readonly unreadable = new Map<string, Error>();
  #left: number;

  constructor(
    private readonly path: string,
    private readonly limits: ReadLimits,
  ) {
    this.#left = limits.maxPollBytes;
  }

  /** Nothing where there is no such file, or it cannot be read. */
  async read(name: string | undefined): Promise<Buffer | undefined> {
    if (name === undefined) return undefined;
    try {
      const bytes = await readFile(join(this.path, name), this.#limit());
      this.#left -= bytes.length;
      return bytes;
    } catch (error) {
      if (!(error instanceof UnusableError) && codeOf(error) === undefined) throw error;
      this.unreadable.set(name, error as Error);
      return undefined;
    }
  }

  #limit(): ReadLimit {
    const { maxReplyBytes, maxPollBytes } = this.limits;
    if (this.#left < maxReplyBytes)
      return { bytes: this.#left, from: `${maxPollBytes} for all files of a snapshot` };
    return { bytes: maxReplyBytes, from: 'reply-limit of [pull]' };
  }
}
