import { setFlagsFromString } from 'node:v8';

/**
 * Loading a program leaves garbage, for which V8 takes up to 48 MB that it hardly ever gives back, and merging makes it take more. Replies,
 * chunks, rows and lines have memory that is used again or lies outside of V8's heap. So the space for young objects stays as small as it
 * begins: measured, the puller at 4.9 MB a poll peaks at 120 MB instead of 155, the processor at 88,000 rows a snapshot 60 MB lower, for
 * the same CPU time. A V8 that does not know the flag passes over it.
 */
const youngSpace = '--semi-space-growth-factor=1';

/**
 * V8 lets old garbage pile up to some times of what lives before it clears it: the memory of a program at rest would grow for many minutes.
 * Measured, a processor whose relay was silent held 120 MB of heap, of which 50 lived. Half as much again as lives costs no more CPU time
 * at 88,000 rows a snapshot.
 */
const oldSpace = '--heap-growing-percent=50';

/** For the whole process, so only for programs of ours: not for one that imports our package. */
export function keepHeapSmall(): void {
  setFlagsFromString(youngSpace);
  setFlagsFromString(oldSpace);
}
