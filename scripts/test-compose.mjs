/**
 * `npm run test:compose`: builds the image and runs docker-compose.yml and the image for real, under jest, with the arguments given
 * (`npm run test:compose -- demo`). Takes a Docker engine with compose: without one it says so and fails.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { runInPlace } from './node-24.mjs';
import { prepare, root } from './prepare.mjs';

/** Why nothing can be run here, if so. */
function fault() {
  for (const [args, needed] of [
    [['version', '--format', '{{.Server.Version}}'], 'a Docker engine that answers'],
    [['compose', 'version', '--short'], "Docker's compose plugin"],
  ]) {
    const { status, stderr, error } = spawnSync('docker', args, { encoding: 'utf8' });
    if (status !== 0)
      return `${needed} is needed: 'docker ${args.join(' ')}' says: ${error?.message ?? stderr.trim()}`;
  }
  return undefined;
}

const why = fault();
if (why) {
  console.error(`haproxystats: nothing was tested: ${why}`);
  process.exit(1);
}
const config = join(root, 'test', 'compose', 'jest.config.cjs');
const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const jest = [...options, join(root, 'node_modules', 'jest', 'bin', 'jest.js'), '--config', config];
const env = { ...process.env, NODE_ENV: 'test' };
process.exit(await runInPlace(prepare(), [...jest, ...process.argv.slice(2)], { cwd: root, env }));
