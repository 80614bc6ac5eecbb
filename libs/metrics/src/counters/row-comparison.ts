import { addTo, type Run } from '../steps';
import type { CountedRows, Place } from './counted-rows';
import { addPeakTo, knownPeak, type PeakCells } from './peaks';
import { isSharedRow, type Twin } from './shared-rows';
import type { SpareRows } from './spare-rows';

/** What the rows of one kind of a process are compared with. */
export interface Basis {
  /** What the same process had counted at an earlier poll. */
  readonly before?: CountedRows | undefined;
  /** A row that was not there before has counted all it has since then: the process had not begun, or said all it had to say. */
  readonly newRowsCount: boolean;
  /** What makes an increase since then one of an interval. */
  readonly share: number;
}

/** Names of rows as hashes, by their row in the table. */
export interface RowNames {
  proxyHash(row: number): number;
  serverHash(row: number): number;
}

/** A gauge in the columns of a batch, and where its maximum is. */
export interface PeakPlace {
  readonly maximum: Place;
  readonly gauge: number;
}

const noRow = -1;
/** Of a request of the past, against one of this interval. */
const pastWeight = 2 ** -40;

/** What is known of a row: `known` and before it nothing else, or all it has counted it has since the poll before. */
const known = 0;
const isNew = 1;
const wasCleared = 2;

/**
 * Compares the counters of a process with what they were, row by row as they are read, and keeps what they are. A counter that fell was
 * put back by `clear counters`, and with it all of its row: what they count since then is what they are.
 */
export class RowComparison {
  readonly now: CountedRows;
  /** For each row of the batch: where it was; -1 where nothing is known of it. */
  readonly #was: Int32Array;
  readonly #state: Uint8Array;
  /** 1 for a row that another process has told already. */
  readonly shared: Uint8Array;
  #first = 0;
  #guess = 0;
  readonly #share: number;

  constructor(
    spare: SpareRows,
    batchRows: number,
    private readonly basis: Basis | undefined,
  ) {
    this.#share = basis?.share ?? 0;
    this.now = spare.take(basis?.before?.size ?? 0);
    this.#was = new Int32Array(batchRows);
    this.#state = new Uint8Array(batchRows);
    this.shared = new Uint8Array(batchRows);
  }

  /** Finds the rows of a batch. `isKept`: whether a row's counters may have been taken over from another process. */
  begin({ count, to, from }: Run, names: RowNames, isKept: (from: number) => boolean): void {
    const { before, newRowsCount = false } = this.basis ?? {};
    this.#first = this.now.size;
    for (let i = 0; i < count; i++) {
      const proxy = names.proxyHash(to[i]!);
      const server = names.serverHash(to[i]!);
      this.now.add(proxy, server);
      const was = before ? before.find(proxy, server, this.#guess) : noRow;
      this.#was[i] = was;
      if (was >= 0) this.#guess = was + 1;
      this.#state[i] = was < 0 && newRowsCount && !isKept(from[i]!) ? isNew : known;
    }
  }

  /** Keeps what a counter is, and looks for rows in which it fell; all of them before anything is told. */
  keepCounter({ counter, column }: Place, { count, values, from }: Run): void {
    const before = this.#before(counter);
    if (!before) {
      this.keep({ counter, column }, { count, values, from });
      return;
    }
    const now = this.now.ownCells(counter);
    const [first, was, state] = [this.#first, this.#was, this.#state];
    for (let i = 0; i < count; i++) {
      const value = values[column + from[i]!]!;
      now[first + i] = value;
      const row = was[i]!;
      if (row >= 0 && value < before[row]!) state[i] = wasCleared;
    }
  }

  /** Keeps what a number is. */
  keep({ counter, column }: Place, { count, values, from }: Pick<Run, 'count' | 'values' | 'from'>): void {
    const now = this.now.ownCells(counter);
    const first = this.#first;
    for (let i = 0; i < count; i++) now[first + i] = values[column + from[i]!]!;
  }

  /** Looks for rows that a twin counts in the same memory; of the first `counters` numbers that are kept. */
  lookForShared(twins: readonly Twin[], { counters, run, isKept }: TwinSearch): void {
    this.shared.fill(0);
    for (const twin of twins) {
      for (let i = 0; i < run.count; i++) {
        if (!isKept(run.from[i]!)) continue;
        const now = this.#first + i;
        const [proxy, server] = this.now.namesAt(now);
        const twinNow = twin.now.find(proxy, server, now);
        if (twinNow < 0) continue;
        const twinWas = twin.before?.find(proxy, server, twinNow) ?? noRow;
        const sighting = { now, was: this.#was[i]!, twin, twinNow, twinWas };
        if (isSharedRow({ now: this.now, before: this.basis?.before }, sighting, counters))
          this.shared[i] = 1;
      }
    }
  }

  /** Adds to the cells of the table what the counter rose by in an interval, where it is known. */
  addIncrease({ counter }: Place, { count, to }: Run, cells: Float64Array): void {
    const before = this.#before(counter);
    const now = this.now.ownCells(counter);
    const [first, was, state, shared, share] = [
      this.#first,
      this.#was,
      this.#state,
      this.shared,
      this.#share,
    ];
    for (let i = 0; i < count; i++) {
      if (shared[i] === 1) continue;
      const row = was[i]!;
      const since = state[i] !== known ? 0 : before && row >= 0 ? before[row]! : NaN;
      const increase = now[first + i]! - since;
      if (increase === increase) addTo(cells, to[i]!, increase * share);
    }
  }

  /**
   * Tells the most that a gauge was since the poll before. It is known exactly where the maximum rose, or is that of a new row; else it is
   * at least what the gauge is now, or what the maximum has come to since it was put back.
   */
  addPeak({ maximum, gauge }: PeakPlace, { count, values, from, to }: Run, cells: PeakCells): void {
    const before = this.#before(maximum.counter);
    for (let i = 0; i < count; i++) {
      const max = values[maximum.column + from[i]!]!;
      const sample = values[gauge + from[i]!]!;
      if (max !== max || sample !== sample) continue;
      const since = this.#maximumSince(i, before);
      addPeakTo(cells, to[i]!, knownPeak(sample, max, since));
      addTo(cells.inexact, to[i]!, max > since ? 0 : 1);
    }
  }

  /**
   * Makes the weights of rows, what they have handled since their start, those of this interval; of what is seen for the first time, what its
   * life was on average. All that it ever handled counts for next to nothing: it decides where nobody handled anything.
   */
  weighByIncrease(counter: number, { count, weights, factors }: Run, shareOfLife: number): void {
    const before = this.#before(counter);
    const now = this.now.ownCells(counter);
    for (let i = 0; i < count; i++) {
      const weight = weights[i]!;
      now[this.#first + i] = weight;
      const increase = Math.max(0, weight - this.#since(i, before));
      const recent = increase === increase ? increase * this.#share : weight * shareOfLife;
      weights[i] = recent + weight * pastWeight;
      if (weight > 0) factors[i] = factors[i]! * (weights[i]! / weight);
    }
  }

  #before(counter: number): Float64Array | undefined {
    return this.basis?.before?.cells(counter);
  }

  /** What the maximum of a row was, as `knownPeak` takes it. */
  #maximumSince(i: number, before: Float64Array | undefined): number {
    if (this.#state[i] === isNew) return -Infinity;
    return this.#state[i] === wasCleared ? Infinity : this.#since(i, before);
  }

  /** From where on the number of a row rose; NaN where nobody knows. */
  #since(i: number, before: Float64Array | undefined): number {
    if (this.#state[i] !== known) return 0;
    const was = this.#was[i]!;
    return before && was >= 0 ? before[was]! : NaN;
  }
}

export interface TwinSearch {
  readonly counters: number;
  readonly run: Run;
  readonly isKept: (from: number) => boolean;
}
