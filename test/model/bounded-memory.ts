import type { RawChunk } from '@haproxystats/messaging';
import { PartitionState, type Taken } from '../../apps/processor/src/node/partition-state';
import type { Snapshot } from '../../apps/processor/src/node/snapshot';
import { allOf, replace, type Repair } from './replace';
import type { World } from './world';

/** Gives the partitions of a world the memory that its seed decides, and notes what that costs. Nothing where it decides none. */
export function boundMemory({ scenario: { bounds }, tally, oracle }: World): Repair {
  if (!bounds) return () => undefined;
  return allOf([
    replace(PartitionState, 'take', (_, original, ...args: Parameters<PartitionState['take']>): Taken => {
      const taken = original(...args);
      if (taken === 'late') oracle.saidLate(args[0] satisfies RawChunk);
      return taken;
    }),
    replace(PartitionState, 'relieve', (state, original: () => Snapshot | undefined) => {
      // The role makes its states with what is shipped.
      Object.assign(state, { bounds });
      const oldest = original();
      if (oldest) tally.add('forced');
      return oldest;
    }),
  ]);
}
