import type { Step } from '@haproxystats/haproxy';

/** Rows of one kind in a batch of scanned rows, and the rows of the table they are added to. */
export interface Run {
  count: number;
  /** The batch's cells. */
  values: Float64Array;
  /** For each row its place in the batch. */
  readonly from: Int32Array;
  /** For each row that of the table. */
  readonly to: Int32Array;
  /** For each row its weight in means, and what its value is multiplied with: the same, unless the value has to be corrected. */
  readonly weights: Float64Array;
  readonly factors: Float64Array;
}

export function runOf(rows: number): Run {
  return {
    count: 0,
    values: new Float64Array(0),
    from: new Int32Array(rows),
    to: new Int32Array(rows),
    weights: new Float64Array(rows),
    factors: new Float64Array(rows),
  };
}

/** Adds the rows' cells of one column of the batch, which begins at `column`, to the cells of a part. */
export type StepWork = (cells: Float64Array, column: number, run: Run) => void;

/** What the steps do; a loop each, because they are most of the work of merging. NaN is a blank, and in `cells` nothing yet. */
export const stepWork: Readonly<Record<Step, StepWork>> = {
  add(cells, column, { count, values, from, to }) {
    for (let i = 0; i < count; i++) {
      const value = values[column + from[i]!]!;
      if (value === value) addTo(cells, to[i]!, value);
    }
  },
  addOrZero(cells, column, { count, values, from, to }) {
    for (let i = 0; i < count; i++) {
      const value = values[column + from[i]!]!;
      addTo(cells, to[i]!, value === value ? value : 0);
    }
  },
  addOrHundred(cells, column, { count, values, from, to }) {
    for (let i = 0; i < count; i++) {
      const value = values[column + from[i]!]!;
      addTo(cells, to[i]!, value === value ? value : 100);
    }
  },
  addWeighted(cells, column, { count, values, from, to, factors }) {
    for (let i = 0; i < count; i++) {
      const value = values[column + from[i]!]!;
      const factor = factors[i]!;
      if (value === value && factor > 0) addTo(cells, to[i]!, value * factor);
    }
  },
  addWeightedOrZero(cells, column, { count, values, from, to, factors }) {
    for (let i = 0; i < count; i++) {
      const value = values[column + from[i]!]!;
      const factor = factors[i]!;
      if (factor > 0) addTo(cells, to[i]!, value === value ? value * factor : 0);
    }
  },
  addWeight(cells, column, { count, values, from, to, weights }) {
    for (let i = 0; i < count; i++) {
      const value = values[column + from[i]!]!;
      const weight = weights[i]!;
      if (value === value && weight > 0) addTo(cells, to[i]!, weight);
    }
  },
  addRowWeight(cells, _column, { count, to, weights }) {
    for (let i = 0; i < count; i++) {
      const weight = weights[i]!;
      if (weight > 0) addTo(cells, to[i]!, weight);
    }
  },
  countValues(cells, column, { count, values, from, to }) {
    for (let i = 0; i < count; i++) {
      const value = values[column + from[i]!]!;
      if (value === value) addTo(cells, to[i]!, 1);
    }
  },
  countRows(cells, _column, { count, to }) {
    for (let i = 0; i < count; i++) addTo(cells, to[i]!, 1);
  },
  countBlanks(cells, column, { count, values, from, to }) {
    for (let i = 0; i < count; i++) {
      const value = values[column + from[i]!]!;
      addTo(cells, to[i]!, value === value ? 0 : 1);
    }
  },
  countZeros(cells, column, { count, values, from, to }) {
    for (let i = 0; i < count; i++) {
      const value = values[column + from[i]!]!;
      addTo(cells, to[i]!, value === value && value !== 0 ? 0 : 1);
    }
  },
  largest(cells, column, { count, values, from, to }) {
    for (let i = 0; i < count; i++) {
      const value = values[column + from[i]!]!;
      const row = to[i]!;
      if (value === value && !(cells[row]! >= value)) cells[row] = value;
    }
  },
  smallest(cells, column, { count, values, from, to }) {
    for (let i = 0; i < count; i++) {
      const value = values[column + from[i]!]!;
      const row = to[i]!;
      if (value === value && !(cells[row]! <= value)) cells[row] = value;
    }
  },
  youngest(cells, column, { count, values, from, to }) {
    for (let i = 0; i < count; i++) {
      const value = values[column + from[i]!]!;
      const row = to[i]!;
      if (value >= 0 && !(cells[row]! <= value)) cells[row] = value;
    }
  },
  or(cells, column, { count, values, from, to }) {
    for (let i = 0; i < count; i++) {
      const value = values[column + from[i]!]!;
      const row = to[i]!;
      if (value === value) cells[row] = either(cells[row]!, value);
    }
  },
};

/** Adds to a cell; to one with nothing in it yet as if that were 0. */
export function addTo(cells: Float64Array, row: number, value: number): void {
  const sum = cells[row]!;
  cells[row] = sum === sum ? sum + value : value;
}

const word = 2 ** 32;

/** The bits of either, of up to 53; NaN has none. */
export function either(a: number, b: number): number {
  const high = Math.trunc(a / word) | Math.trunc(b / word);
  return (high >>> 0) * word + ((a | b) >>> 0);
}
