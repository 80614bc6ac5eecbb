import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FramePart } from '@haproxystats/messaging';
import { codeOf, makeDirectory } from '@haproxystats/runtime';

const finished = 'stats';
/** Of a file being written; each has a name of its own, because several programs may write here. */
const unfinished = /^stats\.[0-9a-f-]{36}\.new$/;
/** Of a part whose frame is not whole yet: `stats.<covered>-<hash of the frame's head>.<part>-<parts>`. */
const waiting = /^stats\.(?<frame>(?<covered>\d+)-[0-9a-f]{16})\.\d+-\d+$/;

type Text = Iterable<Buffer> | AsyncIterable<Buffer>;

/**
 * `<dir>/<slot>/<node>`: the lines of one node and slot, in a file `stats` that is whole whenever it is there, whoever else writes
 * here. A part that is written twice, also after a crash, changes nothing. All methods reject with errors of the system.
 */
export class StatsDirectory {
  constructor(private readonly path: string) {}

  /** Bytes in files of ours; undefined where there is none. */
  async bytes(): Promise<number | undefined> {
    const names = await this.#files();
    if (names.length === 0) return undefined;
    const sizes = await Promise.all(names.map((name) => sizeOf(this.#file(name))));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Makes `stats` of the part, or keeps the part until the others of its frame are there. Of no text at all nothing is made. */
  async write(part: FramePart, text: Text): Promise<void> {
    try {
      await makeDirectory(this.path);
      if (part.parts === 1) await this.#publish(part, text);
      else await this.#collect(part, text);
    } finally {
      await this.#removeEmpty();
    }
  }

  async #collect(part: FramePart, text: Text): Promise<void> {
    const frame = frameName(part);
    const names = Array.from({ length: part.parts }, (_, i) => `stats.${frame}.${i}-${part.parts}`);
    await this.#put(names[part.part]!, text);
    const there = new Set(await this.#files());
    if (names.every((name) => there.has(name))) await this.#publish(part, this.#contents(names));
  }

  /** Removes what is ours; the directory and the one above too, where nothing else is in there. */
  async remove(): Promise<void> {
    const names = await this.#files();
    if (names.length === 0) return;
    await this.#removeFiles(names);
    await this.#removeEmpty();
  }

  /** Puts the text in the place of `stats`. The parts of this frame, and of any that covers less, are not needed any more. */
  async #publish(part: FramePart, text: Text): Promise<void> {
    await this.#put(finished, text);
    await this.#removeFiles((await this.#files()).filter(isSettledBy(part)));
  }

  /** Puts the text in the place of a file at once. An empty `stats` is not made. */
  async #put(name: string, text: Text): Promise<void> {
    const file = this.#file(`stats.${randomUUID()}.new`);
    try {
      const bytes = await writeBlocks(file, text);
      if (bytes > 0 || name !== finished) await rename(file, this.#file(name));
      else await rm(file);
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
  }

  async *#contents(names: readonly string[]): AsyncGenerator<Buffer> {
    for (const name of names) yield* createReadStream(this.#file(name)) as AsyncIterable<Buffer>;
  }

  async #files(): Promise<string[]> {
    try {
      return (await readdir(this.path)).filter(isOurs);
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
        if (inUse.has(codeOf(error) ?? '')) return;
        if (codeOf(error) !== 'ENOENT') throw error;
      }
    }
  }

  #file(name: string): string {
    return join(this.path, name);
  }
}

/** What is in the way of removing a directory that others use too. */
const inUse: ReadonlySet<string> = new Set(['ENOTEMPTY', 'EEXIST']);

function isOurs(name: string): boolean {
  return name === finished || unfinished.test(name) || waiting.test(name);
}

/** The head is the same in all parts of a frame, and in no other frame: it has the missing processes and the times of the merge. */
function frameName({ frame: { head } }: FramePart): string {
  const hash = createHash('sha256').update(JSON.stringify(head)).digest('hex').slice(0, 16);
  return `${head.coverage.covered}-${hash}`;
}

function isSettledBy(part: FramePart): (name: string) => boolean {
  const own = frameName(part);
  return (name) => {
    const { frame, covered } = waiting.exec(name)?.groups ?? {};
    return frame === own || Number(covered) < part.frame.head.coverage.covered;
  };
}

/** 0 where another program has just removed it. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await lstat(path)).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 0;
    throw error;
  }
}

async function writeBlocks(path: string, text: Text): Promise<number> {
  const file = await open(path, 'w');
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
