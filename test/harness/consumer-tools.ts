import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from './native/maven';

/** What docs/CONSUMERS.md tells Python's users to install. */
const wanted = 'confluent-kafka[avro,schemaregistry]';
const installer = join(__dirname, '..', '..', 'scripts', 'debian-packages.mjs');
const timeoutMs = 5 * 60_000;

/** Where Python finds these packages (PYTHONPATH), once `whyNoPython` has answered undefined. */
export const pythonPackages = join(cacheDirectory, 'python-confluent-kafka');

/** Fetches the packages, unless they are there: undefined, or why they cannot be had. The directory appears whole or not at all. */
export function whyNoPython(): string | undefined {
  try {
    if (!existsSync(pythonPackages)) fetchPackages();
    const python = { env: { ...process.env, PYTHONPATH: pythonPackages }, timeout: timeoutMs };
    execFileSync('python3', ['-c', 'import confluent_kafka.schema_registry.avro'], {
      stdio: 'pipe',
      ...python,
    });
    return undefined;
  } catch (error) {
    return `no Python with ${wanted}: ${lastWords(error)}`;
  }
}

/** What is not there is installed as what the native servers need is. */
function install(command: string): void {
  execFileSync(process.execPath, [installer, command], { stdio: 'pipe', timeout: timeoutMs });
}

function fetchPackages(): void {
  install('pip3');
  mkdirSync(cacheDirectory, { recursive: true });
  const part = mkdtempSync(join(cacheDirectory, 'part-'));
  try {
    const args = ['-m', 'pip', 'install', '--quiet', '--target', part, wanted];
    execFileSync('python3', args, { stdio: 'pipe', timeout: timeoutMs });
    renameSync(part, pythonPackages);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    // Two runs at the same time: the other one's packages are as good.
    if (!existsSync(pythonPackages)) throw error;
  }
}

/** Installs kcat, unless it is there: undefined, or why it cannot be had. */
export function whyNoKcat(): string | undefined {
  try {
    install('kcat');
    return undefined;
  } catch (error) {
    return `no kcat: ${lastWords(error)}`;
  }
}

function lastWords(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: Buffer };
  return stderr?.toString().trim().split('\n').at(-1) || message;
}
