import {
  batchRows,
  fieldNamed,
  stride,
  type RowKind,
  type StatLayout,
  type StatRows,
} from '@haproxystats/haproxy';
import { guidColumn } from '../field-rules';
import type { PartColumns } from '../part-columns';
import type { Run } from '../steps';
import { countersOf, rateSuffix } from './counters';
import { basisOf, type ComparedProcess } from './node-history';
import { RowComparison, type Place, type RowNames } from './row-comparison';

interface Counter {
  readonly name: string;
  readonly part: number;
}

/** A counter in a layout, and where its rate goes. */
interface RatedPlace extends Place {
  readonly part: number;
}

/** The rates of the rows of one kind: compares, while rows are merged, the counters of each process with what they were. */
export class RowRates {
  readonly #counters: readonly Counter[];
  readonly #places = new WeakMap<StatLayout, readonly RatedPlace[]>();
  #comparison: RowComparison | undefined;
  /** What the weight of a row of a process that nothing is known of counts for, in an interval. */
  #shareOfLife = 0;

  /** `rates`: names of the counters whose rates are wanted. */
  constructor(
    private readonly kind: RowKind,
    rates: ReadonlySet<string>,
    private readonly parts: PartColumns,
  ) {
    this.#counters = countersOf(kind)
      .filter((name) => rates.has(name))
      .map((name) => ({ name, part: parts.add({ field: name + rateSuffix, rule: 'rate', part: 'sum' }) }));
  }

  /** Before the rows of a process; undefined: its counters are neither compared nor kept. */
  restart(process: ComparedProcess | undefined): void {
    this.#comparison =
      process && new RowComparison(this.#counters.length + 1, batchRows, basisOf(process.former, this.kind));
    this.#shareOfLife = process?.shareOfLife ?? 0;
  }

  /** What the rows since `restart` have counted. */
  take(): RowComparison['now'] | undefined {
    const now = this.#comparison?.now;
    now?.trim();
    this.#comparison = undefined;
    return now;
  }

  /** The rows of a batch. */
  add(run: Run, rows: StatRows, names: RowNames): void {
    const comparison = this.#comparison;
    if (!comparison) return;
    const { layout, starts, ends } = rows;
    const guid = layout.texts.indexOf(guidColumn) * stride;
    comparison.begin(run, names, (row) => guid >= 0 && ends[guid + row]! > starts[guid + row]!);
    const places = this.#placesIn(layout);
    for (const place of places) comparison.lookForFalls(place, run);
    for (const place of places) {
      this.parts.give(place.part);
      comparison.addIncrease(place, run, this.parts.cells(place.part));
    }
  }

  /** Makes the weights of the rows last added those of the interval. */
  weigh(run: Run): void {
    this.#comparison?.weighByIncrease(this.#counters.length, run, this.#shareOfLife);
  }

  #placesIn(layout: StatLayout): readonly RatedPlace[] {
    let places = this.#places.get(layout);
    if (!places) {
      const fields = layout.numbers.map((column) => fieldNamed(this.kind, column)?.name);
      places = this.#counters.flatMap(({ name, part }, counter) => {
        const column = fields.indexOf(name);
        return column < 0 ? [] : { counter, part, column: column * stride };
      });
      this.#places.set(layout, places);
    }
    return places;
  }
}
