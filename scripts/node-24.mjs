/** The Node.js that builds, runs and tests this project: the one of node_modules, or the system's where that is new enough. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { join } from 'node:path';

/** From here on CommonJS code may load ES modules, also under jest. */
const oldest = [24, 9];

function isNewEnough(version) {
  const [major, minor] = version.replace('v', '').split('.').map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

/** Path of a Node.js that is new enough, or undefined. */
export function findNode24(root) {
  const own = join(root, 'node_modules', '.bin', 'node');
  const { status, stdout } = spawnSync(own, ['--version'], { encoding: 'utf8' });
  if (status === 0 && isNewEnough(stdout.trim())) return own;
  return isNewEnough(process.version) ? process.execPath : undefined;
}

export const noNode24 = `Node.js ${oldest.join('.')} or newer is needed, this is ${process.version}.
It comes as the package "node" in node_modules, whose install script has not run: npm is told to ignore
install scripts (ignore-scripts), or the script failed. Type

  npm rebuild node --ignore-scripts=false

and try again, or use a Node.js ${oldest.join('.')} or newer of your own.`;

/** Runs a program in place of this one: its terminal, its signals; resolves with its exit status. */
export async function runInPlace(command, args, options = {}) {
  const child = spawn(command, args, { ...options, stdio: 'inherit' });
  // Ctrl-C reaches the program from the terminal; passed on it would come twice.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const [status, signal] = await once(child, 'exit');
  return status ?? 128 + constants.signals[signal];
}
