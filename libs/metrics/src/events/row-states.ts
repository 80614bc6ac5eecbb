import type { Table } from '../frame';
import { noState, pendingAfter, type Pending } from './pending';
import { isSameLayout, keyOf, namesOf, type RowNames } from './row-names';
import { seenStates, startedAt } from './seen-states';

/** One look at the rows of one kind of a node. */
export interface Sight {
  readonly slot: number;
  /** No frame of this slot was seen before. */
  readonly isNewSlot: boolean;
  /** See `Seen`. */
  readonly isWhole: boolean;
  /** All numbers are of one process. */
  readonly isAlone: boolean;
  /** At how many slots a state must be seen until it counts. */
  readonly debounce: number;
  /** Nothing may stay pending: what is seen counts. */
  readonly isLast: boolean;
}

export interface StateChange {
  readonly proxy: string;
  readonly server: string;
  readonly from: number;
  readonly to: number;
  /** The first slot of the new state, and since when the state before had lasted: ms since the epoch, NaN where nobody knows. */
  readonly slot: number;
  readonly since: number;
  /** Its row in the tables where the change counted; at or behind their end where it is not there. */
  readonly row: number;
}

/**
 * The states of the rows of one kind of a node: a byte and the time of its beginning a row, and what is pending for those few that change. The
 * first rows are those of the last frame, in their order; behind them those that were there, and whose end is pending.
 */
export class RowStates {
  #names: RowNames = { proxies: [], servers: [] };
  /** Of how many rows the last frame was. */
  #inFrame = 0;
  #states = new Uint8Array(0);
  #since: Float64Array = new Float64Array(0);
  /** After the newest slot, and after the one before: a slot can be seen again, more of it. */
  #pending = new Map<number, Pending>();
  #before = new Map<number, Pending>();
  #isKnown = false;
  /** The last frame said something of states. */
  #isRead = false;
  #hasEnded = false;

  get rows(): number {
    return this.#states.length;
  }

  /** Whoever begins with the frame that was seen last knows the same: nothing is pending. `isFinal`: no more will come of its slot. */
  isSettled(isFinal: boolean): boolean {
    const isPending = this.#pending.size > 0 || (!isFinal && this.#before.size > 0);
    return !this.#isKnown || (this.#isRead && !isPending);
  }

  /** The changes that count from now on, in the order of the rows. At first sight there are none, nor where tables say nothing of states. */
  see(tables: readonly Table[], sight: Sight): StateChange[] {
    const seen = seenStates(tables);
    if (!seen) {
      this.pass(sight.isLast);
      return [];
    }
    this.#isRead = true;
    if (this.#hasEnded || !isSameLayout(this.#names, this.#inFrame, tables)) this.#arrange(tables);
    if (!this.#isKnown) {
      this.#begin(seen, tables, sight);
      return [];
    }
    if (sight.isNewSlot) this.#before = this.#pending;
    this.#pending = new Map();
    const changes = this.#compare(seen, sight);
    if (sight.isLast) this.#before = new Map();
    return changes;
  }

  /** A frame says nothing of them. `isLast`: they are not known any more. */
  pass(isLast: boolean): void {
    this.#isRead = false;
    if (!isLast) return;
    this.#names = { proxies: [], servers: [] };
    this.#inFrame = 0;
    this.#states = new Uint8Array(0);
    this.#since = new Float64Array(0);
    this.#pending = new Map();
    this.#before = new Map();
    this.#isKnown = this.#hasEnded = false;
  }

  #begin(seen: Uint8Array, tables: readonly Table[], { isAlone, slot }: Sight): void {
    this.#isKnown = true;
    this.#states.set(seen);
    if (isAlone) this.#since = startedAt(tables, slot);
  }

  #compare(seen: Uint8Array, sight: Sight): StateChange[] {
    const states = this.#states;
    const before = this.#before;
    const hasBefore = before.size > 0;
    const changes: StateChange[] = [];
    for (let row = 0; row < states.length; row++) {
      const now = row < seen.length ? seen[row]! : noState;
      if (now === states[row] && !(hasBefore && before.has(row))) continue;
      const change = this.#judge(row, now, sight);
      if (change) changes.push(change);
    }
    return changes;
  }

  #judge(row: number, seen: number, { slot, isWhole, isLast, debounce }: Sight): StateChange | undefined {
    const from = this.#states[row]!;
    const now = { state: from, seen, slot, isWhole: isWhole || isLast };
    const pending = pendingAfter(this.#before.get(row), now);
    if (!pending) return undefined;
    if (pending.slots < debounce && !isLast) {
      this.#pending.set(row, pending);
      return undefined;
    }
    const since = this.#since[row]!;
    this.#states[row] = pending.to;
    this.#since[row] = pending.slot;
    this.#hasEnded ||= pending.to === noState;
    const [proxy, server] = [this.#names.proxies[row]!, this.#names.servers[row]!];
    return { proxy, server, from, to: pending.to, slot: pending.slot, since, row };
  }

  /** Puts the rows into the order of these tables. */
  #arrange(tables: readonly Table[]): void {
    const { proxies, servers } = this.#names;
    const rowOf = new Map<string, number>();
    for (let row = 0; row < proxies.length; row++) rowOf.set(keyOf(proxies[row]!, servers[row]!), row);
    const frame = namesOf(tables);
    const from = frame.proxies.map((proxy, row) => take(rowOf, keyOf(proxy, frame.servers[row]!)));
    const ending = [...rowOf.values()].filter((row) => this.#isThere(row));
    this.#names = {
      proxies: frame.proxies.concat(ending.map((row) => proxies[row]!)),
      servers: frame.servers.concat(ending.map((row) => servers[row]!)),
    };
    this.#inFrame = frame.proxies.length;
    this.#move(from.concat(ending));
    this.#hasEnded = false;
  }

  #isThere(row: number): boolean {
    return this.#states[row] !== noState || this.#pending.has(row) || this.#before.has(row);
  }

  /** `from`: for each row where it was; -1: nowhere. */
  #move(from: readonly number[]): void {
    const [states, since] = [this.#states, this.#since];
    const [pending, before] = [this.#pending, this.#before];
    this.#states = Uint8Array.from(from, (row) => (row < 0 ? noState : states[row]!));
    this.#since = Float64Array.from(from, (row) => (row < 0 ? NaN : since[row]!));
    this.#pending = new Map();
    this.#before = new Map();
    if (pending.size + before.size === 0) return;
    from.forEach((old, row) => {
      const [one, other] = [pending.get(old), before.get(old)];
      if (one) this.#pending.set(row, one);
      if (other) this.#before.set(row, other);
    });
  }
}

/** Each row is found once: of two rows with the same name the second is another. */
function take(rowOf: Map<string, number>, key: string): number {
  const row = rowOf.get(key) ?? -1;
  rowOf.delete(key);
  return row;
}
