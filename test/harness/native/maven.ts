import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const timeoutMs = 15 * 60_000;

/** Where what was fetched is kept between test runs. */
export const cacheDirectory = join(
  process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'),
  'haproxystats',
);

/** Lets Maven fill `directory`, by these arguments and `-DoutputDirectory`; it appears whole or not at all. Does nothing where it is there. */
export async function fetchByMaven(directory: string, args: readonly string[]): Promise<void> {
  if (existsSync(directory)) return;
  const cache = dirname(directory);
  await mkdir(cache, { recursive: true });
  const place = await mkdtemp(join(cache, 'part-'));
  const part = join(place, 'files');
  try {
    const all = ['--quiet', '--batch-mode', ...args, `-DoutputDirectory=${part}`];
    // Maven leaves marks of its own in the directory that it runs in.
    await run('mvn', all, { cwd: place, timeout: timeoutMs });
    await rename(part, directory);
  } catch (error) {
    // Two runs at the same time: the other one's files are as good.
    if (!existsSync(directory)) throw error;
  } finally {
    await rm(place, { recursive: true });
  }
}
