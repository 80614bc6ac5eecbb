/**
 * `npm run test:chaos`: installs and builds where that is still to be done, then runs the chaos suite, with the arguments given.
 * Ends with the suite's table and exit status.
 */
import { join } from 'node:path';
import { runInPlace } from './node-24.mjs';
import { prepare, root } from './prepare.mjs';

const hooks = join(root, 'test', 'support', 'typescript-hooks.cjs');
const main = join(root, 'test', 'chaos', 'main.ts');

process.exit(
  await runInPlace(prepare(), ['--require', hooks, main, ...process.argv.slice(2)], { cwd: root }),
);
