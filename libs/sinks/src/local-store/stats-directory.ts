import { createReadStream } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '@haproxystats/runtime';

const finished = 'stats';
const unfinished = 'stats.new';
/** Besides these `stats.<covered>.<part>-<parts>`: a part whose frame is not whole yet. */
const ownFile = /^stats(\.new|\.\d+\.\d+-\d+)?$/;

export interface StatsPart {
  /** How many processes its frame covers: parts of two frames of one slot are never mixed. */
  readonly covered: number;
  readonly part: number;
  readonly parts: number;
}

type Text = Iterable<Buffer> | AsyncIterable<Buffer>;

/**
 * `<dir>/<slot>/<node>`: the lines of one node and slot, in a file `stats` that is whole whenever it is there. A part that is
 * written twice, also after a crash, changes nothing. All methods reject with errors of the system.
 */
export class StatsDirectory {
  constructor(private readonly path: string) {}

  /** Bytes in files of ours; undefined where there is none. */
  async bytes(): Promise<number | undefined> {
    const names = await this.#files();
    if (names.length === 0) return undefined;
    const sizes = await Promise.all(names.map(async (name) => (await lstat(this.#file(name))).size));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Makes `stats` of the part, or keeps the part until the others of its frame are there. Of no text at all nothing is made. */
  async write({ covered, part, parts }: StatsPart, text: Text): Promise<void> {
    await mkdir(this.path, { recursive: true });
    if (parts === 1) {
      await this.#publish(text);
      return;
    }
    const names = Array.from({ length: parts }, (_, i) => `stats.${covered}.${i}-${parts}`);
    await this.#writeUnfinished(text);
    await rename(this.#file(unfinished), this.#file(names[part]!));
    const there = new Set(await this.#files());
    if (names.every((name) => there.has(name))) await this.#publish(this.#contents(names));
  }

  /** Removes what is ours; the directory and the one above too, where nothing else is in there. */
  async remove(): Promise<void> {
    const names = await this.#files();
    if (names.length === 0) return;
    await this.#removeFiles(names);
    await this.#removeEmpty();
  }

  /** Puts the text in the place of `stats`. Parts that lie here are not needed any more. */
  async #publish(text: Text): Promise<void> {
    const bytes = await this.#writeUnfinished(text);
    if (bytes > 0) await rename(this.#file(unfinished), this.#file(finished));
    await this.#removeFiles((await this.#files()).filter((name) => name !== finished));
    if (bytes === 0) await this.#removeEmpty();
  }

  async #writeUnfinished(text: Text): Promise<number> {
    const file = await open(this.#file(unfinished), 'w');
    let bytes = 0;
    try {
      for await (const block of text) {
        await file.writeFile(block);
        bytes += block.length;
      }
    } finally {
      await file.close();
    }
    return bytes;
  }

  async *#contents(names: readonly string[]): AsyncGenerator<Buffer> {
    for (const name of names) yield* createReadStream(this.#file(name)) as AsyncIterable<Buffer>;
  }

  async #files(): Promise<string[]> {
    try {
      return (await readdir(this.path)).filter((name) => ownFile.test(name));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  async #removeFiles(names: readonly string[]): Promise<void> {
    for (const name of names) await rm(this.#file(name), { force: true });
  }

  async #removeEmpty(): Promise<void> {
    for (const path of [this.path, dirname(this.path)]) {
      try {
        await rmdir(path);
      } catch (error) {
        if (!notEmpty.has(codeOf(error) ?? '')) throw error;
        return;
      }
    }
  }

  #file(name: string): string {
    return join(this.path, name);
  }
}

/** What is in the way of removing a directory that others use too, or have removed already. */
const notEmpty: ReadonlySet<string> = new Set(['ENOTEMPTY', 'EEXIST', 'ENOENT']);
