/**
 * Before `npm pack` and `npm publish`: installs what is missing, and builds from nothing, so that no file of an older tree is packed.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

rmSync(join(root, 'dist'), { recursive: true, force: true });
prepare();
