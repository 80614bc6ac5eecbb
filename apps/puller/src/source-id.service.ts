import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The id that tells this puller from another one on the same node; survives restarts in a file. */
export class SourceId {
  private constructor(
    private readonly path: string,
    private id: string,
  ) {}

  /** Reads the id, or makes one. @throws when the file can neither be read nor made. */
  static async open(path: string): Promise<SourceId> {
    const kept = await keptId(path);
    const source = new SourceId(path, kept);
    if (!uuid.test(kept)) await source.renew();
    return source;
  }

  get current(): string {
    return this.id;
  }

  /** A new id from now on. @throws when it cannot be kept; the new id is used all the same. */
  async renew(): Promise<void> {
    this.id = randomUUID();
    const draft = `${this.path}.new`;
    await mkdir(dirname(this.path), { recursive: true });
    await writeFile(draft, `${this.id}\n`);
    await rename(draft, this.path);
  }
}

/** Empty when there is no file yet. */
async function keptId(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return '';
    throw new Error(`cannot read the id of this puller in ${path}: ${message}`, { cause: error });
  }
}
