/**
 * `npm run image`: builds the image haproxystats:VERSION of this tree, and prints what it weighs. Arguments go to `docker build`
 * (`npm run image -- --no-cache`). Needs a Docker engine and git, and installs nothing.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const tag = `haproxystats:${version}`;

function run(command, args, stdout = 'pipe') {
  const {
    status,
    stdout: said,
    error,
  } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', stdout, 'inherit'],
  });
  if (error) stop(`${command} cannot be started: ${error.message}`);
  if (status !== 0) stop(`${command} ${args[0]} failed`);
  return said?.trim();
}

function stop(message) {
  console.error(`image: ${message}`);
  process.exit(1);
}

/** The commit, marked where the tree differs from it. */
function revision() {
  const commit = run('git', ['rev-parse', 'HEAD']);
  return run('git', ['status', '--porcelain']) === '' ? commit : `${commit}-modified`;
}

/** Bytes of all layers, and of those above the base image, whose last instruction is its command. */
function weigh() {
  const lines = run('docker', [
    'history',
    '--human=false',
    '--no-trunc',
    '--format',
    '{{.Size}} {{.CreatedBy}}',
    tag,
  ]);
  const layers = lines.split('\n').map((line) => ({ bytes: Number.parseInt(line, 10), by: line }));
  const base = layers.findIndex(({ by }) => by.includes('CMD ["node"]'));
  if (base < 0)
    stop(`the base image of ${tag} ends with another command than node's: its layers cannot be told apart`);
  const sum = (some) => some.reduce((total, { bytes }) => total + bytes, 0);
  return { all: sum(layers), own: sum(layers.slice(0, base)) };
}

const labels = ['--build-arg', `VERSION=${version}`, '--build-arg', `REVISION=${revision()}`];
run('docker', ['build', '--tag', tag, ...labels, ...process.argv.slice(2), '.'], 'inherit');
const { all, own } = weigh();
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
console.log(
  `${tag}: ${megabytes(all)}, of which the base image is ${megabytes(all - own)} and we add ${megabytes(own)}`,
);
