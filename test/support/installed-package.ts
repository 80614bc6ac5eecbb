import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describeWith, type Servers } from '../harness';
import { describeUnless } from './describe-unless';
import { ownEnvironment } from './program';

const run = promisify(execFile);
const root = resolve(__dirname, '../..');

/** What a clone has by working in it: git ignores it. */
const ignored = /^(\.git|node_modules|dist|coverage|\.cache)$|\.log$/;

/** What `npm pack --json` tells of the package. */
export interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The package of this tree as `npm pack` makes it in a clean clone, installed for all users under a directory that was empty. */
export class InstalledPackage {
  private constructor(
    readonly packed: Packed,
    private readonly directory: string,
  ) {}

  /** `leftover`: a file that lies in `dist` from an older build. */
  static async make(leftover: string): Promise<InstalledPackage> {
    const directory = await mkdtemp(join(tmpdir(), 'haproxystats-package-'));
    const clone = join(directory, 'clone');
    await cp(root, clone, { recursive: true, filter: (path) => !isIgnored(path) });
    // Borrowed, so that nothing is installed anew; the build is the clone's own.
    await symlink(join(root, 'node_modules'), join(clone, 'node_modules'));
    await mkdir(dirname(join(clone, 'dist', leftover)), { recursive: true });
    await writeFile(join(clone, 'dist', leftover), '');
    const { stdout } = await npm(clone, 'pack', '--json', '--pack-destination', directory);
    const [packed] = JSON.parse(stdout) as [Packed];
    const tarball = join(directory, packed.filename);
    const flags = ['--no-audit', '--no-fund', '--prefer-offline'];
    await npm(directory, 'install', '--global', '--prefix', join(directory, 'prefix'), ...flags, tarball);
    await rm(clone, { recursive: true });
    return new InstalledPackage(packed, directory);
  }

  get bin(): string {
    return join(this.directory, 'prefix', 'bin');
  }

  /** Where npm has put it. */
  get home(): string {
    return join(this.directory, 'prefix', 'lib', 'node_modules', 'haproxystats');
  }

  /** A directory for files of a test, removed with the package. */
  async place(name: string): Promise<string> {
    const path = join(this.directory, name);
    await mkdir(path);
    return path;
  }

  async run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const options = { env: { ...this.#environment(), ...env }, timeout: 60_000 };
    try {
      return { status: 0, ...(await run(join(this.bin, program), args, options)) };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { status: code, stdout, stderr };
    }
  }

  start(program: string, ...args: string[]): ChildProcess {
    return spawn(join(this.bin, program), args, { env: this.#environment(), stdio: 'ignore' });
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true, force: true });
  }

  /** A user's: this Node.js first in PATH, and nothing of this repository. */
  #environment(): NodeJS.ProcessEnv {
    const PATH = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;
    return { ...ownEnvironment(), NODE_PATH: '', NODE_OPTIONS: '', PATH };
  }
}

function isIgnored(path: string): boolean {
  return relative(root, path) !== '' && ignored.test(basename(path));
}

async function npm(cwd: string, ...args: string[]): Promise<Ended> {
  const options = { cwd, env: ownEnvironment(), timeout: 300_000, maxBuffer: 64 * 1024 * 1024 };
  return { status: 0, ...(await run('npm', args, options)) };
}

/** As `describeWith` of a HAProxy, where packages can be installed. */
export function describeWithPackages(name: string, tests: (servers: Servers) => void): void {
  const reason = whyNoPackages();
  if (reason === undefined) describeWith(['haproxy'], name, tests);
  else describeUnless(reason, name, () => it('is installed and run', () => undefined));
}

function whyNoPackages(): string | undefined {
  const retries = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=2000'];
  const args = ['view', 'commander', 'version', ...retries, '--fetch-timeout=10000'];
  const { status, stderr } = spawnSync('npm', args, { cwd: root, encoding: 'utf8', timeout: 60_000 });
  return status === 0 ? undefined : `no registry of npm packages answers: ${stderr.trim().split('\n')[0]}`;
}
