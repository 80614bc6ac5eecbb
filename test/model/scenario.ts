import type { Random } from './random';

/** What may go wrong: nothing; processors and pullers; these, Redis and the group. */
export type Faults = 'none' | 'crashes' | 'all';

/** The world of a seed. */
export interface Scenario {
  readonly faults: Faults;
  /** One program with a directory log and a ledger in memory, instead of a group with Kafka and Redis. */
  readonly embedded: boolean;
  /** From the middle of it, the records of a node go to two partitions. */
  readonly split: boolean;
  readonly intervalMs: number;
  readonly partitions: number;
  readonly processors: number;
  readonly nodes: number;
  readonly slots: number;
}

/** 2023-11-14, on the grid of every interval. */
export const beginning = 1_700_000_040_000;

export function scenarioOf(random: Random): Scenario {
  const faults = random.pick<Faults>(['none', 'crashes', 'crashes', 'all', 'all', 'all', 'all', 'all']);
  const embedded = random.chance(0.1);
  const partitions = embedded ? 1 : 1 + random.below(3);
  return {
    faults,
    embedded,
    split: faults === 'all' && partitions > 1 && random.chance(0.35),
    intervalMs: random.chance(0.9) ? 10_000 : 2_000,
    partitions,
    processors: embedded ? 1 : 1 + random.below(3),
    nodes: 1 + random.below(3),
    slots: 3 + random.below(4),
  };
}
