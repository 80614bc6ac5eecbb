import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDirectory, type Closable, type Logger, type Settings } from '@haproxystats/runtime';

/** Where the logs of the run lie. */
export interface WorkDirectory extends Closable {
  readonly raw: string;
  readonly frames: string;
  /** Removes what was only for this run. */
  close(): Promise<void>;
}

/** For a demo a directory that goes with it; else `dst-dir`, or a place in the home directory where that cannot be written. */
export async function openWorkDirectory(
  settings: Settings,
  { isDemo, logger }: { isDemo: boolean; logger: Logger },
): Promise<WorkDirectory> {
  if (isDemo) {
    const directory = await mkdtemp(join(tmpdir(), 'haproxystats-run-'));
    return { ...within(directory), close: () => rm(directory, { recursive: true, force: true }) };
  }
  const raw = settings.pull['dst-dir'];
  if (await isWritable(raw))
    return { raw, frames: settings.process['frames-dir'], close: () => Promise.resolve() };
  const home = join(homedir(), '.local', 'state', 'haproxystats');
  logger.warn(
    { dstDir: raw, used: home },
    `${raw} cannot be written by this user; polls are kept in ${home}`,
  );
  return { ...within(home), close: () => Promise.resolve() };
}

function within(directory: string): Pick<WorkDirectory, 'raw' | 'frames'> {
  return { raw: join(directory, 'incoming'), frames: join(directory, 'incoming.frames') };
}

async function isWritable(directory: string): Promise<boolean> {
  try {
    await makeDirectory(directory);
    await access(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
