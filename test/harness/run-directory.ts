import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { announcedProvision, type ProviderName } from './provision';

/**
 * A directory for all files of this test run's servers, guarded by a process that outlives the run, even a killed one.
 * (An exit handler would not do: in a test `process` is jest's own, which never exits, and SIGKILL runs no handler.)
 */
export async function makeRunDirectory(provider: ProviderName = 'native'): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'haproxystats-test-'));
  const inContainers = provider === 'containers' ? [runLabel, imageOfRun(directory)] : [];
  const reaper = spawn(process.execPath, [join(__dirname, 'reaper.mjs'), directory, ...inContainers], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  reaper.unref();
  (reaper.stdin as Socket).unref();
  return directory;
}

/** A new directory for one server; what is in its file `pid` is killed, should the run die. */
export function makeServerDirectory(kind: string): Promise<string> {
  return mkdtemp(join(announcedProvision().directory, `${kind}-`));
}

/** The label of every container of a run; its value is the name of the run's directory. */
export const runLabel = 'haproxystats.test-run';

/** What our own image is called in a run, if it is made there. */
export function imageOfRun(directory: string): string {
  return `haproxystats-test:${basename(directory)}`;
}
