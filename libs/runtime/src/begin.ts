import { checkNodeVersion } from './node-version';
import { keepHeapSmall } from './small-heap';
import { keepStopSignals } from './stop-signals';

/**
 * What a program of ours does before it loads the rest of itself: a Node.js that is too old could not even read that, and its garbage is
 * what the heap would grow by.
 */
export function begin(): void {
  checkNodeVersion();
  keepHeapSmall();
  keepStopSignals();
}
