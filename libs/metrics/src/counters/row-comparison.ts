import { addTo, type Run } from '../steps';
import { CountedRows } from './counted-rows';

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

/** A counter in the columns of a batch. */
export interface Place {
  readonly counter: number;
  readonly column: number;
}

const noRow = -1;
/** Of a request of the past, against one of this interval. */
const pastWeight = 2 ** -40;

/**
 * Compares the counters of a process with what they were, row by row as they are read, and keeps what they are. A counter that fell was
 * put back by `clear counters`, and with it all of its row: what they count since then is what they are.
 */
export class RowComparison {
  readonly now: CountedRows;
  /** For each row of the batch: where it was; -1 where nothing is known of it. */
  readonly #was: Int32Array;
  readonly #isFrom0: Uint8Array;
  #first = 0;
  #guess = 0;
  readonly #share: number;

  constructor(
    counters: number,
    batchRows: number,
    private readonly basis: Basis | undefined,
  ) {
    this.#share = basis?.share ?? 0;
    this.now = new CountedRows(counters);
    this.now.reserve(basis?.before?.size ?? 0);
    this.#was = new Int32Array(batchRows);
    this.#isFrom0 = new Uint8Array(batchRows);
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
      this.#isFrom0[i] = was < 0 && newRowsCount && !isKept(from[i]!) ? 1 : 0;
    }
  }

  /** Looks for counters that fell; for all of them before the first increase is asked for. */
  lookForFalls({ counter, column }: Place, { count, values, from }: Run): void {
    const before = this.#before(counter);
    if (!before) return;
    for (let i = 0; i < count; i++) {
      const was = this.#was[i]!;
      if (was >= 0 && values[column + from[i]!]! < before[was]!) this.#isFrom0[i] = 1;
    }
  }

  /** Adds to the cells of the table what the counter rose by in an interval, where it is known; keeps what it is. */
  addIncrease({ counter, column }: Place, { count, values, from, to }: Run, cells: Float64Array): void {
    const before = this.#before(counter);
    const now = this.now.ownCells(counter);
    for (let i = 0; i < count; i++) {
      const value = values[column + from[i]!]!;
      now[this.#first + i] = value;
      const increase = value - this.#since(i, before);
      if (increase === increase) addTo(cells, to[i]!, increase * this.#share);
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

  /** From where on the counter of a row rose; NaN where nobody knows. */
  #since(i: number, before: Float64Array | undefined): number {
    if (this.#isFrom0[i] === 1) return 0;
    const was = this.#was[i]!;
    return before && was >= 0 ? before[was]! : NaN;
  }
}
