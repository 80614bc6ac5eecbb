import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Dirent } from 'node:fs';

export interface SocketFiles {
  readonly paths: readonly string[];
  /** Why the directory could not be read, and what to do. */
  readonly problem?: string;
}

/** All UNIX socket files directly in `directory`, also by symbolic link, but no dot files. Never rejects. */
export async function socketFiles(directory: string): Promise<SocketFiles> {
  const absolute = resolve(directory);
  try {
    const entries = await readdir(absolute, { withFileTypes: true });
    const visible = entries.filter(({ name }) => !name.startsWith('.'));
    const isSocket = await Promise.all(visible.map((entry) => leadsToSocket(absolute, entry)));
    return { paths: visible.filter((_, i) => isSocket[i]).map(({ name }) => join(absolute, name)) };
  } catch (error) {
    return { paths: [], problem: `socket-dir cannot be read: ${(error as Error).message}` };
  }
}

async function leadsToSocket(directory: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isSocket();
  return stat(join(directory, entry.name)).then(
    (target) => target.isSocket(),
    () => false, // a link that leads nowhere is no socket
  );
}
