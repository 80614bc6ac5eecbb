import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@haproxystats/runtime';
import { Guard, guardScript } from './guard';

const exitOf = (child: ChildProcess): Promise<NodeJS.Signals | null> =>
  new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));

describe('the guard', () => {
  let directory: string;
  let sleepers: ChildProcess[];
  let exits: Promise<NodeJS.Signals | null>[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'guard-spec-'));
    sleepers = [1, 2].map(() => spawn('sleep', ['30'], { stdio: 'ignore' }));
    exits = sleepers.map(exitOf);
  });

  afterEach(async () => {
    for (const sleeper of sleepers) sleeper.kill('SIGTERM');
    await Promise.all(exits);
    await rm(directory, { recursive: true, force: true });
  });

  /** Speaks to the script as a program does that dies afterwards. */
  async function guardHearing(text: string): Promise<void> {
    const guard = spawn('/bin/sh', ['-c', guardScript, 'guard', directory], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    guard.stdin.end(text);
    await exitOf(guard);
  }

  it('kills what it watches, and only that, and removes the directory when its program is gone', async () => {
    const [watched, forgotten] = sleepers.map(({ pid }) => pid);
    await guardHearing(`watch ${forgotten}\nwatch ${watched}\nforget ${forgotten}\n`);
    expect(await exits[0]).toBe('SIGKILL');
    expect(sleepers[1]!.kill(0)).toBe(true);
    expect(existsSync(directory)).toBe(false);
  });

  it('removes the directory when there is nothing to kill', async () => {
    await guardHearing('');
    expect(existsSync(directory)).toBe(false);
  });

  it('leaves everything alone after done', async () => {
    await guardHearing(`watch ${sleepers[0]!.pid}\ndone\n`);
    expect(sleepers[0]!.kill(0)).toBe(true);
    expect(existsSync(directory)).toBe(true);
  });

  it('ends with its release, and listens for the exit of the program only until then', async () => {
    const listeners = process.listenerCount('exit');
    const guard = new Guard({ directory, logger: silentLogger });
    guard.watch(sleepers[0]!.pid!);
    expect(process.listenerCount('exit')).toBe(listeners + 1);
    await guard.release();
    expect(process.listenerCount('exit')).toBe(listeners);
    expect(sleepers[0]!.kill(0)).toBe(true);
    expect(existsSync(directory)).toBe(true);
  });
});
