/**
 * `npm start`: installs and builds where that is still to be done, then runs `haproxystats run` with the arguments
 * given. (Not by npm's prestart script, which npm leaves out where it is told to ignore scripts.)
 */
import { join } from 'node:path';
import { runInPlace } from './node-24.mjs';
import { prepare, root } from './prepare.mjs';

const node = prepare();
const main = join(root, 'dist', 'apps', 'haproxystats', 'src', 'main.js');
process.exit(await runInPlace(node, [main, 'run', ...process.argv.slice(2)]));
