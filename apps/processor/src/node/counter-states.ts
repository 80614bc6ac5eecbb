import { NodeHistory, reachSlots } from '@haproxystats/metrics';
import type { MergedSnapshot } from './merge-node';
import { openMs } from './partition-state';
import type { Snapshot } from './snapshot';

const MiB = 1024 * 1024;
/** Of one partition: what 10,000 processes of 300 rows have counted. */
const defaultMaxBytes = 256 * MiB;
/** In intervals of the node: how much later another puller of it may say what it has. */
const otherPullerIntervals = 2;

/** Merges a snapshot, and brings the history up to date. */
export type MergeWith = (snapshot: Snapshot, history: NodeHistory) => MergedSnapshot;

export interface CounterStatesOptions {
  /** Of the nodes of the partition together. */
  readonly maxBytes?: number;
  /** There was no room for what the node had counted: its next poll is compared with nothing. */
  readonly onNoRoom?: (snapshot: Snapshot) => void;
}

interface CounterState {
  readonly history: NodeHistory;
  /** Those of which something has arrived that the history does not have; of as many slots as it reaches back. */
  readonly unmerged: Set<Snapshot>;
  bytes: number;
  /** When the snapshot that was merged last was appended, ms; and its interval. */
  appendedAt: number;
  intervalMs: number;
}

/**
 * What the processes of the nodes of one partition had counted. Before a snapshot is merged, the older ones of its node are, whether or not
 * they are sent: so the same records lead to the same rates, whoever reads them, and wherever he begins.
 */
export class CounterStates {
  /** The node that was silent longest first; the one that is merged last. */
  readonly #states = new Map<string, CounterState>();
  /** How many processes had arrived when it was merged last. */
  readonly #merged = new WeakMap<Snapshot, number>();
  readonly #maxBytes: number;
  readonly #onNoRoom: (snapshot: Snapshot) => void;
  #bytes = 0;

  constructor({ maxBytes = defaultMaxBytes, onNoRoom = () => undefined }: CounterStatesOptions = {}) {
    this.#maxBytes = maxBytes;
    this.#onNoRoom = onNoRoom;
  }

  /** Of all that is kept to compare with. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Something of it has come. */
  arrived(snapshot: Snapshot): void {
    if (snapshot.isPutBack || !this.lacks(snapshot)) return;
    const { unmerged } = this.#stateOf(snapshot);
    unmerged.add(snapshot);
    for (const each of unmerged) if (isBeyondReach(each, snapshot)) unmerged.delete(each);
  }

  /** Whether a process has arrived of it since it was merged last. */
  lacks(snapshot: Snapshot): boolean {
    return snapshot.arrivals > (this.#merged.get(snapshot) ?? 0);
  }

  /** What an operator puts back is compared with nothing. */
  merge(snapshot: Snapshot, mergeWith: MergeWith): MergedSnapshot {
    if (snapshot.isPutBack) return mergeWith(snapshot, new NodeHistory());
    const state = this.#stateOf(snapshot);
    for (const older of olderThan(snapshot, state.unmerged))
      this.#mergeInto(state, older, { growsForMs: openMs, mergeWith });
    const merged = this.#mergeInto(state, snapshot, { growsForMs: growsForMs(snapshot), mergeWith });
    this.#weigh(state, snapshot);
    return merged;
  }

  #mergeInto(
    { history, unmerged }: CounterState,
    snapshot: Snapshot,
    { growsForMs, mergeWith }: { readonly growsForMs: number; readonly mergeWith: MergeWith },
  ): MergedSnapshot {
    unmerged.delete(snapshot);
    this.#merged.set(snapshot, snapshot.arrivals);
    history.begin(snapshot.slot, {
      processes: snapshot.arrived,
      isFinal: growsForMs === 0,
      appendedAt: snapshot.first.appendedAt,
    });
    const merged = mergeWith(snapshot, history);
    history.merged(snapshot, growsForMs);
    return merged;
  }

  #weigh(state: CounterState, snapshot: Snapshot): void {
    this.#bytes -= state.bytes;
    state.bytes = state.history.bytes;
    this.#bytes += state.bytes;
    state.appendedAt = snapshot.first.appendedAt;
    state.intervalMs = snapshot.intervalMs;
    this.#relieve(snapshot);
  }

  #stateOf(snapshot: Snapshot): CounterState {
    const name = nameOf(snapshot);
    const state = this.#states.get(name) ?? newState(snapshot);
    this.#states.delete(name);
    this.#states.set(name, state);
    return state;
  }

  /**
   * Nodes that fell silent make room first, and then the one that was just merged: nodes come in turn, so another in its place would be
   * missed next, and in the end all would.
   */
  #relieve(newest: Snapshot): void {
    for (const [name, state] of this.#states) {
      if (this.#bytes <= this.#maxBytes || !isSilent(state, newest)) break;
      this.#drop(name, state);
    }
    if (this.#bytes <= this.#maxBytes || this.#states.size === 1) return;
    this.#drop(nameOf(newest), this.#stateOf(newest));
    this.#onNoRoom(newest);
  }

  #drop(name: string, { bytes }: CounterState): void {
    this.#states.delete(name);
    this.#bytes -= bytes;
  }
}

function nameOf({ cluster, node }: Snapshot): string {
  return `${cluster}/${node}`;
}

function newState({ first, intervalMs }: Snapshot): CounterState {
  const { appendedAt } = first;
  return { history: new NodeHistory(), unmerged: new Set(), bytes: 0, appendedAt, intervalMs };
}

/** Its next poll would find nothing within its reach, by the time of the log. */
function isSilent({ appendedAt, intervalMs }: CounterState, { first }: Snapshot): boolean {
  return first.appendedAt - appendedAt > (reachSlots + 1) * intervalMs;
}

/** In log time, ms: how long more of it may come. What one puller could not reach another may have reached. */
function growsForMs({ complete, lacksProcess, intervalMs }: Snapshot): number {
  if (!complete) return openMs;
  return lacksProcess ? Math.min(openMs, otherPullerIntervals * intervalMs) : 0;
}

/** Their bytes are still there. */
function olderThan(snapshot: Snapshot, unmerged: ReadonlySet<Snapshot>): Snapshot[] {
  return [...unmerged]
    .filter(({ slot, isForgotten }) => slot < snapshot.slot && !isForgotten)
    .toSorted((a, b) => a.slot - b.slot);
}

function isBeyondReach({ slot }: Snapshot, newer: Snapshot): boolean {
  return newer.slot - slot > reachSlots * newer.intervalMs;
}
