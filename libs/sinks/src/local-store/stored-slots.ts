import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '@haproxystats/runtime';
import { nodeDirectoryName } from './node-directory-name';
import { StatsDirectory, type StatsPart } from './stats-directory';

/** Seconds since the epoch, from 2001 on; shorter numbers, such as years, are not ours. */
const slotName = /^[1-9]\d{9}$/;

export interface Bounds {
  /** Slots before this second are removed. */
  readonly from: number;
  /** The oldest slots are removed until the rest takes no more. */
  readonly bytes: number;
}

/**
 * The slots in the directory of a local store, `<dir>/<slot>/<node>/stats`, and how many bytes each takes. What else lies in the
 * directory is not counted and never touched. Methods reject with errors of the system, but a slot that cannot be looked at or
 * removed is only told, once, and left out of the accounts until the next start.
 */
export class StoredSlots {
  readonly #bytes = new Map<number, number>();
  #total = 0;

  constructor(
    private readonly path: string,
    private readonly onStuck: (slot: number, error: unknown) => void,
  ) {}

  /** Bytes of all slots. */
  get total(): number {
    return this.#total;
  }

  has(slot: number): boolean {
    return this.#bytes.has(slot);
  }

  /** Looks at what is there. */
  async load(): Promise<void> {
    for (const slot of await directories(this.path)) {
      if (slotName.test(slot)) await this.#unlessStuck(Number(slot), () => this.#look(slot));
    }
  }

  async #look(slot: string): Promise<void> {
    for (const node of await directories(join(this.path, slot))) {
      this.#count(Number(slot), await new StatsDirectory(join(this.path, slot, node)).bytes());
    }
  }

  async write(
    { slot, node }: { slot: number; node: string },
    part: StatsPart,
    text: Iterable<Buffer>,
  ): Promise<void> {
    const directory = new StatsDirectory(join(this.path, String(slot), nodeDirectoryName(node)));
    const before = (await directory.bytes()) ?? 0;
    try {
      await directory.write(part, text);
    } finally {
      this.#count(slot, await directory.bytes(), before);
    }
  }

  /** Removes what lies beyond the bounds; answers how many slots. */
  async keep({ from, bytes }: Bounds): Promise<number> {
    let removed = 0;
    for (let oldest = this.#oldest(); oldest !== undefined; oldest = this.#oldest()) {
      if (oldest >= from && this.#total <= bytes) break;
      await this.#remove(oldest);
      removed++;
    }
    return removed;
  }

  /** Makes room: removes the oldest slot; answers which, undefined where there is none but `only`. */
  async removeOldest(only: number): Promise<number | undefined> {
    const oldest = this.#oldest();
    if (oldest === undefined || (oldest === only && this.#bytes.size === 1)) return undefined;
    await this.#remove(oldest);
    return oldest;
  }

  async #remove(slot: number): Promise<void> {
    const path = join(this.path, String(slot));
    await this.#unlessStuck(slot, async () => {
      for (const node of await directories(path)) await new StatsDirectory(join(path, node)).remove();
    });
    this.#forget(slot);
  }

  async #unlessStuck(slot: number, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
      this.#forget(slot);
      this.onStuck(slot, error);
    }
  }

  #forget(slot: number): void {
    this.#total -= this.#bytes.get(slot) ?? 0;
    this.#bytes.delete(slot);
  }

  /** Adds what a directory holds now (undefined: nothing) in the place of what it held before. */
  #count(slot: number, bytes: number | undefined, before = 0): void {
    if (bytes === undefined && !this.#bytes.has(slot)) return;
    const grown = (bytes ?? 0) - before;
    this.#bytes.set(slot, (this.#bytes.get(slot) ?? 0) + grown);
    this.#total += grown;
  }

  #oldest(): number | undefined {
    let oldest: number | undefined;
    for (const slot of this.#bytes.keys()) if (oldest === undefined || slot < oldest) oldest = slot;
    return oldest;
  }
}

/** The names of the directories in a directory; none where it is gone. */
async function directories(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
