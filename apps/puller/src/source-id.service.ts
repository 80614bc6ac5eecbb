import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectory } from '@haproxystats/runtime';

/** The id, and the last slot polled under it in ms: two lines of always the same length. */
const content = /^(?<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\n(?:(?<slot>\d{16})\n)?/;

/**
 * The id that tells this puller from another one on the same node, and the last slot polled under it; both survive restarts in a file,
 * so that no slot is polled twice under one id. It is written over in place, which works on a full disk too.
 */
export class SourceId {
  private constructor(
    private readonly path: string,
    private id: string,
    private slot: number,
  ) {}

  /** Reads them, or makes an id. @throws when the file can neither be read nor made. */
  static async open(path: string): Promise<SourceId> {
    const { id, slot } = content.exec(await textOf(path))?.groups ?? {};
    const source = new SourceId(path, id ?? '', Number(slot ?? 0));
    if (id === undefined) await source.renew();
    return source;
  }

  get current(): string {
    return this.id;
  }

  /** 0: none yet. */
  get lastSlot(): number {
    return this.slot;
  }

  /** A new id from now on. @throws when it cannot be kept; the new id is used all the same. */
  async renew(): Promise<void> {
    this.id = randomUUID();
    this.slot = 0;
    await makeDirectory(dirname(this.path));
    await this.#store();
  }

  /** To be called before the slot is polled. @throws when it cannot be kept. */
  async take(slot: number): Promise<void> {
    this.slot = slot;
    await this.#store();
  }

  async #store(): Promise<void> {
    const file = await open(this.path, constants.O_WRONLY | constants.O_CREAT);
    try {
      await file.write(`${this.id}\n${String(this.slot).padStart(16, '0')}\n`, 0);
    } finally {
      await file.close();
    }
  }
}

/** Empty when there is no file yet. */
async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return '';
    throw new Error(`cannot read the id of this puller in ${path}: ${message}`, { cause: error });
  }
}
