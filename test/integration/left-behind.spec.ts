import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { describeWith, eventually } from '../harness';
import { redisAnswers } from '../harness/answers';
import { announcedProvision } from '../harness/provision';
import { runLabel } from '../harness/run-directory';
import type { Doomed } from '../support/doomed-run';

const hooks = join(__dirname, '../support/typescript-hooks.cjs');
const script = join(__dirname, '../support/doomed-run.ts');

describeWith(['redis'], 'A test run', () => {
  const { provider, image } = announcedProvision();
  let child: ChildProcess | undefined;

  afterEach(() => void child?.kill('SIGKILL'));

  /** A run like this one, with servers that it never stops. */
  async function start(args: readonly string[], env: NodeJS.ProcessEnv): Promise<{ told: string[] }> {
    const told: string[] = [];
    child = spawn(process.execPath, ['--require', hooks, script, ...args], {
      stdio: 'pipe',
      env: { ...process.env, ...env },
    });
    createInterface({ input: child.stderr! }).on('line', (line) => told.push(line));
    return Promise.resolve({ told });
  }

  async function doomed(): Promise<Doomed> {
    const { told } = await start(image === undefined ? [] : [image], {
      HAPROXYSTATS_TEST_PROVIDER: provider,
    });
    const line = once(createInterface({ input: child!.stdout! }), 'line') as Promise<[string]>;
    const ended = once(child!, 'exit').then(() => {
      throw new Error(told.join('\n'));
    });
    const [said] = await Promise.race([line, ended]);
    ended.catch(() => undefined);
    return JSON.parse(said) as Doomed;
  }

  it.each(['is killed', 'ends without stopping them'])(
    'that %s leaves neither servers nor programs nor files behind',
    async (how) => {
      const { directory, redisUrl } = await doomed();
      await redisAnswers(redisUrl);
      expect(existsSync(directory)).toBe(true);
      const started = provider === 'native' ? 0 : image === undefined ? 1 : 2;
      expect(await containersOf(directory)).toBe(started);
      if (how === 'is killed') child!.kill('SIGKILL');
      else child!.stdin!.end();
      await eventually(
        async () => {
          await expect(redisAnswers(redisUrl)).rejects.toThrow();
          expect([await containersOf(directory), existsSync(directory)]).toEqual([0, false]);
        },
        { withinMs: 60_000, everyMs: 500 },
      );
    },
  );

  it('says that it goes without containers where an image cannot be had, or no engine answers', async () => {
    // A registry that nobody serves.
    const { told } = await start([], {
      HAPROXYSTATS_TEST_PROVIDER: '',
      TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX: '127.0.0.1:1/nowhere',
    });
    await eventually(
      () =>
        expect(told.join('\n')).toMatch(
          /^integration tests run on native processes, not on containers: (no Docker engine answers|127\.0\.0\.1:1\/nowhere\/.* cannot be pulled: .+)$/m,
        ),
      { withinMs: 60_000 },
    );
  });

  /** Running or not. */
  async function containersOf(directory: string): Promise<number> {
    if (provider === 'native') return 0;
    const { getContainerRuntimeClient } = await import('testcontainers');
    const { dockerode } = (await getContainerRuntimeClient()).container;
    const filters = { label: [`${runLabel}=${basename(directory)}`] };
    return (await dockerode.listContainers({ all: true, filters })).length;
  }
});
