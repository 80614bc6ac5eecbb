import type { Emission, Emissions } from './emissions';
import type { Findings } from './findings';
import type { RawSlot } from './raw-slots';
import type { ReceivedPoints } from './received-points';

/** What there is to judge by: never a word of the programs about themselves. */
export interface Evidence {
  readonly slots: Iterable<readonly [key: string, slot: RawSlot]>;
  readonly emissions: Pick<Emissions, 'of' | 'keys'>;
  readonly received: Pick<ReceivedPoints, 'of' | 'slots'>;
}

/** Slots of the time, not of the clocks of the nodes, from `from` up to, not including, `to`; ms. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** The way of one slot, each in ms since the epoch but for the slot, which is by the clock of the node; undefined where it has not come. */
export interface Passage {
  readonly node: string;
  readonly slot: number;
  /** By how much the clock of the node was ahead, ms. */
  readonly skewMs: number;
  readonly polledAt: number;
  readonly appendedAt: number;
  readonly framedAt: number | undefined;
  readonly deliveredAt: number | undefined;
}

export interface Judgement {
  readonly polls: number;
  /** Snapshots whose best emission covers all its processes, and the others that were emitted. */
  readonly complete: number;
  readonly partial: number;
  readonly emissions: number;
  /** Emissions that say nothing new: the coverage is not higher than before. */
  readonly duplicates: number;
  /** Processes that came when grace was over. */
  readonly late: number;
  /** Processes that came within grace and are in no emission. */
  readonly lost: Findings;
  /** Sums that count a process twice, and sums that are otherwise not those of the processes. */
  readonly doubled: Findings;
  readonly wrong: Findings;
  /** Emissions said to be complete that are not. */
  readonly lied: Findings;
  /** Emissions and lines of slots that nobody has polled. */
  readonly unheard: Findings;
  /** Lines of the best emission in whose place the receiver has nothing. */
  readonly undelivered: Findings;
  /** Those in whose place it has another value, which has not come behind the right one from an older emission. */
  readonly altered: Findings;
  /** Lines of an older emission that came behind those of a better one. */
  readonly stale: Findings;
  readonly passages: readonly Passage[];
}

/** A judgement in the making. */
export type Draft = { -readonly [K in keyof Judgement]: Judgement[K] } & {
  passages: Passage[];
};

/** A slot, and what came of it. */
export interface Case {
  readonly key: string;
  readonly slot: RawSlot;
  readonly emitted: readonly Emission[];
  readonly received: Pick<ReceivedPoints, 'of'>;
}
