import { existsSync } from 'node:fs';
import { link, open, rename } from 'node:fs/promises';
import { codeOf } from '@haproxystats/runtime';

/** Writes a file that must not be there yet. Rejects where not all of it went to the disk; then a part of it may lie there. */
export async function writeWhole(path: string, pieces: readonly Buffer[], fsync: boolean): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for (let rest = pieces; rest.length > 0;) rest = behind(rest, (await file.writev(rest)).bytesWritten);
    if (fsync) await file.datasync();
  } finally {
    await file.close();
  }
}

/** What of the pieces is left behind so many bytes: a disk that becomes full takes some, and the next write says why. */
function behind(pieces: readonly Buffer[], bytes: number): Buffer[] {
  let left = bytes;
  return pieces.flatMap((piece) => {
    const done = Math.min(left, piece.length);
    left -= done;
    return done < piece.length ? [piece.subarray(done)] : [];
  });
}

/** What file systems without hard links answer: FAT, and some that reach over a network. */
const noLinks: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Gives a file its name, at once and only where nobody has it: false otherwise. Its draft may stay there. */
export async function place(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') return false;
    if (!noLinks.has(code)) throw error;
  }
  // As good as it gets there: who takes the name between these two lines is written over.
  if (existsSync(path)) return false;
  await rename(draft, path);
  return true;
}

/** A new name survives a loss of power only once its folder is on the disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
