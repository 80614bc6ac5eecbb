import { configuration } from './configuration';
import { network } from './network';
import { parts } from './parts';
import { pods } from './pods';
import type { Refused } from './refused';

/** What the policies find. */
export const refused: readonly Refused[] = [...pods, ...parts, ...network, ...configuration];
