import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
// Each of these starts jest in a process of its own.
jest.setTimeout(60_000);
const repository = join(__dirname, '..', '..');

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A tree with this project's scripts, and sources of its own. */
class Tree {
  private constructor(readonly directory: string) {}

  static async make(): Promise<Tree> {
    const tree = new Tree(await mkdtemp(join(tmpdir(), 'haproxystats-tree-')));
    await cp(join(repository, 'scripts'), tree.path('scripts'), { recursive: true });
    for (const name of ['apps', 'libs', 'bin']) await mkdir(tree.path(name));
    for (const name of ['nest-cli.json', 'tsconfig.json']) await tree.write(name, '{}');
    return tree;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  async write(name: string, content: string): Promise<void> {
    await writeFile(this.path(name), content);
  }

  /** The npm that the scripts find, instead of the real one. */
  async writeNpm(script: string): Promise<void> {
    await this.write('bin/npm', `#!/bin/sh\n${script}\n`);
    await chmod(this.path('bin/npm'), 0o755);
  }

  /** The file changes after everything that has happened so far, however coarse the file system's clock. */
  async touch(name: string): Promise<void> {
    await this.write(name, '');
    const soon = new Date(Date.now() + 1_000);
    await utimes(this.path(name), soon, soon);
  }

  async script(name: string, args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const PATH = `${this.path('bin')}:${process.env['PATH']}`;
    const options = { env: { ...process.env, CI: '', PATH, ...env } };
    try {
      return {
        status: 0,
        ...(await run(process.execPath, [this.path(`scripts/${name}`), ...args], options)),
      };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { status: code, stdout, stderr };
    }
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true });
  }
}

describe('scripts/prestart.mjs', () => {
  let tree: Tree;

  beforeEach(async () => {
    tree = await Tree.make();
    await lock('1.0.0');
    // Notes how it was called, and after "ci" leaves npm's list of what is installed.
    await tree.writeNpm(`
echo "$*" >>${tree.path('npm.log')}
test "$1" = ci && mkdir -p node_modules && cp package-lock.json node_modules/.package-lock.json
test ! -e ${tree.path('npm-fails')} || { echo 'no such registry' >&2; exit 1; }`);
  });
  afterEach(() => tree.remove());

  const lock = (version: string) =>
    tree.write(
      'package-lock.json',
      JSON.stringify({
        packages: {
          '': { version: '1.0.0' },
          'node_modules/used': { version },
          'node_modules/other-platform': { version: '1.0.0', optional: true },
        },
      }),
    );

  /** How npm was called since the last time. */
  async function npmCalls(): Promise<string[]> {
    const log = await readFile(tree.path('npm.log'), 'utf8').catch(() => '');
    await rm(tree.path('npm.log'), { force: true });
    return log.split('\n').flatMap((line) => line.split(' ').slice(0, 3).join(' ') || []);
  }

  const prestart = () => tree.script('prestart.mjs');
  const ci = 'ci --include=dev --no-audit';
  const build = 'run --silent build';

  it('installs, development packages too, and builds, a line each; then has nothing to do', async () => {
    const { status, stderr } = await prestart();
    expect(status).toBe(0);
    expect(stderr.trim().split('\n')).toHaveLength(2);
    expect(await npmCalls()).toEqual([ci, build]);
    expect(await prestart()).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(await npmCalls()).toEqual([]);
  });

  it('installs again when the lock file asks for something else', async () => {
    await prestart();
    await npmCalls();
    await lock('1.0.1');
    await prestart();
    expect((await npmCalls())[0]).toBe(ci);
  });

  it('builds again when a source has changed, and not for a spec', async () => {
    await tree.write('libs/stat.spec.ts', '');
    await prestart();
    await npmCalls();
    await tree.touch('libs/stat.spec.ts');
    await prestart();
    expect(await npmCalls()).toEqual([]);
    await tree.touch('libs/stat.ts');
    await prestart();
    expect(await npmCalls()).toEqual([build]);
  });

  it('shows what npm says when it fails, and does not go on', async () => {
    await tree.write('npm-fails', '');
    const { status, stderr } = await prestart();
    expect(status).toBe(1);
    expect(stderr).toContain('no such registry');
    expect(await npmCalls()).toEqual([ci]);
  });
});

describe('scripts/test.mjs', () => {
  let tree: Tree;

  beforeAll(async () => {
    tree = await Tree.make();
    await cp(join(repository, 'package-lock.json'), tree.path('package-lock.json'));
    // The real packages are borrowed: nothing may be installed over them.
    await symlink(join(repository, 'node_modules'), tree.path('node_modules'));
    await tree.writeNpm('test "$1" = run');
    await tree.write('jest.config.js', 'module.exports = { transform: {} };');
    await tree.write('good.test.js', "it('is good', () => undefined);");
    await tree.write('bad.test.js', "it('is bad', () => expect(1).toBe(2)); it('is good', () => undefined);");
    await tree.write('broken.test.js', "require('./nowhere');");
    await tree.write(
      'skipped.test.js',
      `it('is good', () => undefined);
       describe.skip('with Kafka (no kafka: no java)', () => { it('a', () => undefined); it('b', () => undefined); });
       describe('by hand', () => { it.skip('later', () => undefined); it('is good', () => undefined); });`,
    );
  });
  afterAll(() => tree.remove());

  async function lastLines(count: number, args: string[], env?: NodeJS.ProcessEnv) {
    const { status, stdout } = await tree.script('test.mjs', args, env);
    return { status, lines: stdout.trimEnd().split('\n').slice(-count) };
  }

  it('ends with the number of tests that passed and failed', async () => {
    expect(await lastLines(1, ['good'])).toEqual({ status: 0, lines: ['1 passed, 0 failed'] });
    expect(await lastLines(1, ['good', 'bad'])).toEqual({ status: 1, lines: ['2 passed, 1 failed'] });
  });

  it('counts a file that cannot be run as a failure', async () => {
    expect(await lastLines(1, ['good', 'broken'])).toEqual({ status: 1, lines: ['1 passed, 1 failed'] });
  });

  it('says what was skipped and why, which fails the run with CI=true', async () => {
    const skipped = ['skipped: with Kafka (no kafka: no java) (2 tests)', 'skipped: by hand › later'];
    expect(await lastLines(3, ['skipped'])).toEqual({
      status: 0,
      lines: [...skipped, '2 passed, 0 failed, 3 skipped'],
    });
    expect(await lastLines(4, ['skipped'], { CI: 'true' })).toEqual({
      status: 1,
      lines: [...skipped, 'with CI=true a skipped test makes the run fail', '2 passed, 0 failed, 3 skipped'],
    });
  });

  it('fails when jest does', async () => {
    expect(await lastLines(1, ['--config=nowhere.json'])).toEqual({
      status: 1,
      lines: ['0 passed, 1 failed'],
    });
    expect((await lastLines(1, ['no-such-file'])).status).toBe(1);
  });
});
