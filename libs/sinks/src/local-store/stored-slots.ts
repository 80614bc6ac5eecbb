import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FramePart } from '@haproxystats/messaging';
import { codeOf } from '@haproxystats/runtime';
import { nodeDirectoryName } from './node-directory-name';
import { StatsDirectory } from './stats-directory';

/** Seconds since the epoch, from 2001 on; shorter numbers, such as years, are not ours. */
const slotName = /^[1-9]\d{9}$/;

export interface Bounds {
  /** Slots before this second are removed. */
  readonly from: number;
  /** Slots behind this second are from a time that is yet to come: where room is wanted they go first, the last one before the others. */
  readonly until: number;
  /** The oldest slots are removed until the rest takes no more. */
  readonly bytes: number;
}

/**
 * The slots in the directory of a local store, `<dir>/<slot>/<node>/stats`, and how many bytes each takes, as far as it was looked at
 * or written here. What else lies in the directory is not counted and never touched. Methods reject with errors of the system, but a
 * slot that cannot be looked at or removed is only told, once, and left out of the accounts until the next start.
 */
export class StoredSlots {
  readonly #bytes = new Map<number, number>();
  readonly #stuck = new Set<number>();
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

  /** Looks at what is there and not known yet: that of another program, which may be gone by now, is kept within the bounds too. */
  async look(): Promise<void> {
    for (const name of await directories(this.path)) {
      const slot = Number(name);
      if (!slotName.test(name) || this.#bytes.has(slot) || this.#stuck.has(slot)) continue;
      await this.#unlessStuck(slot, () => this.#lookAt(slot));
    }
  }

  async #lookAt(slot: number): Promise<void> {
    const path = join(this.path, String(slot));
    for (const node of await directories(path)) {
      this.#count(slot, await new StatsDirectory(join(path, node)).bytes());
    }
  }

  async write(slot: number, part: FramePart, text: Iterable<Buffer>): Promise<void> {
    const { node } = part.frame.head;
    const directory = new StatsDirectory(join(this.path, String(slot), nodeDirectoryName(node)));
    if (!this.#bytes.has(slot)) await this.#lookAt(slot);
    const before = (await directory.bytes()) ?? 0;
    try {
      await directory.write(part, text);
    } finally {
      this.#count(slot, await directory.bytes(), before);
    }
  }

  /** Removes what lies beyond the bounds; answers how many slots. */
  async keep({ from, until, bytes }: Bounds): Promise<number> {
    const before = this.#bytes.size;
    for (const slot of this.#bytes.keys()) if (slot < from) await this.#remove(slot);
    while (this.#total > bytes && this.#bytes.size > 0) await this.#remove(this.#first(until)!);
    return before - this.#bytes.size;
  }

  /** Makes room for a slot: removes the first one to go. False where that would be the slot itself: it is worth less than the others. */
  async makeRoom(slot: number, until: number): Promise<boolean> {
    const first = this.#first(until, slot);
    if (first === slot) return [...this.#bytes.keys()].every((other) => other === slot);
    if (first !== undefined) await this.#remove(first);
    return true;
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
      this.#stuck.add(slot);
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

  /** The slot that goes first where room is wanted, of those that are there and a new one. */
  #first(until: number, added?: number): number | undefined {
    let [oldest, newest] = [added, added];
    for (const slot of this.#bytes.keys()) {
      if (oldest === undefined || slot < oldest) oldest = slot;
      if (newest === undefined || slot > newest) newest = slot;
    }
    return newest !== undefined && newest > until ? newest : oldest;
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
