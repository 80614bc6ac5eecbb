import type { StateBounds } from '../../apps/processor/src/node/partition-state';
import type { Random } from './random';

/** What may go wrong: nothing; processors and pullers; these, Redis and the group. */
export type Faults = 'none' | 'crashes' | 'all';

/** What some worlds have besides, whatever may go wrong in them. */
export interface Hazards {
  /** Processors are told to stop, and others take their place. */
  readonly closes: boolean;
  /** Some records cannot be read. */
  readonly poison: boolean;
  /** What a partition may hold in memory; undefined: as much as is shipped, and no world needs so much. */
  readonly bounds: StateBounds | undefined;
}

/** The world of a seed. */
export interface Scenario extends Hazards {
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

/** `aside` decides the hazards, so that a world without any is the same as it was before there were hazards. */
export function scenarioOf(random: Random, aside: Random): Scenario {
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
    closes: aside.chance(0.3),
    poison: aside.chance(0.3),
    bounds: faults !== 'none' && aside.chance(0.15) ? boundsOf(aside) : undefined,
  };
}

/** A snapshot of these worlds takes some hundred bytes. */
function boundsOf(aside: Random): StateBounds {
  return {
    bytes: 400 + aside.below(2_000),
    wholeBytes: aside.below(1_000),
    snapshots: 1 + aside.below(6),
  };
}
