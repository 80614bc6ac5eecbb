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
  const part = await mkdtemp(join(cache, 'part-'));
  try {
    const all = ['--quiet', '--batch-mode', ...args, `-DoutputDirectory=${part}`];
    await run('mvn', all, { timeout: timeoutMs });
    await rename(part, directory);
  } catch (error) {
    await rm(part, { recursive: true });
    // Two runs at the same time: the other one's files are as good.
    if (!existsSync(directory)) throw error;
  }
}
