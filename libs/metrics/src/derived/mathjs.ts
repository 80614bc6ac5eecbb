import { createRequire } from 'node:module';
import type * as Mathjs from 'mathjs/number';

const load = createRequire(__filename);

/**
 * mathjs for plain numbers, loaded at the first call: it takes half a second and 50 MB, which programs that finish no
 * frames, as the puller, are spared.
 */
export function mathjs(): typeof Mathjs {
  return load('mathjs/number') as typeof Mathjs;
}
