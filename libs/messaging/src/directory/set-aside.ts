import { existsSync, statSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { codeOf, makeDirectory } from '@haproxystats/runtime';

/** The newest are kept for a look, as far as they keep within both. */
const kept = { files: 16, bytes: 64 * 1024 * 1024 };

/**
 * Moves a file that cannot be used out of the way, into `folder`, and answers whether it is there now: where no room is left for it, or
 * it takes more than all may, it is removed. Rejects with the system's error where it can be neither.
 */
export async function setAside(path: string, folder: string): Promise<boolean> {
  const place = join(folder, `${basename(path)}.bad`);
  try {
    await makeDirectory(folder);
    await rename(path, place);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOSPC' || code === 'EDQUOT') await rm(path, { recursive: true, force: true });
    // Gone already: another reader has met it too.
    else if (code !== 'ENOENT') throw error;
  }
  await bound(folder);
  return existsSync(place);
}

async function bound(folder: string): Promise<void> {
  let { files, bytes } = kept;
  for (const name of (await readdir(folder)).sort().toReversed()) {
    const path = join(folder, name);
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (files === 0 || size > bytes) await rm(path, { recursive: true, force: true });
    else {
      files--;
      bytes -= size;
    }
  }
}
