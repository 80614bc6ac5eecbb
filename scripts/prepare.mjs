/** Installs packages, and builds, where that is still to be done. Uses no package itself. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode24, noNode24 } from './node-24.mjs';
import { isOlderThanSources, missingPackages } from './stale.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));
const oldestNode = 20;

/**
 * Leaves everything ready to be run and returns the path of the Node.js to run it on; where it cannot, it says what to
 * do and exits 1. Says one line for each step that it takes, nothing when there is nothing to do.
 */
export function prepare() {
  if (Number(process.versions.node.split('.')[0]) < oldestNode) {
    stop(`Node.js ${oldestNode} or newer is needed to install this project, this is ${process.version}`);
  }
  install();
  const node = findNode24(root);
  if (!node) stop(noNode24);
  build();
  return node;
}

function say(message) {
  console.error(`haproxystats: ${message}`);
}

function stop(message) {
  say(message);
  process.exit(1);
}

/** Runs npm; what it prints is shown when it fails. */
function npm(args, env = process.env) {
  const { status, stdout, stderr, error } = spawnSync('npm', args, { cwd: root, env, encoding: 'utf8' });
  if (error) stop(`npm cannot be started: ${error.message}`);
  if (status !== 0) stop(`npm ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

function install() {
  if (missingPackages(root).length === 0) return;
  say('installing packages (npm ci), which takes about half a minute');
  // npm replaces node_modules: it must not run on the Node.js in there. NODE_ENV=production leaves no package out.
  const directories = (process.env.PATH ?? '').split(delimiter);
  const PATH = directories.filter((name) => !name.endsWith(join('node_modules', '.bin'))).join(delimiter);
  npm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], { ...process.env, PATH });
}

function build() {
  const mark = join(root, 'dist', '.built');
  const builtAt = statSync(mark, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (!isOlderThanSources(root, builtAt)) return;
  say('building');
  const startedAt = new Date();
  npm(['run', '--silent', 'build']);
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(mark, '');
  // What changes while the build runs is newer than the build.
  utimesSync(mark, startedAt, startedAt);
}
