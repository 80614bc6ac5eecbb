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
import { basisOf, twinRowsOf, type ComparedProcess } from './node-history';
import { peakedOf, peakSuffix } from './peaks';
import type { Place } from './counted-rows';
import { RowComparison, type PeakPlace, type RowNames } from './row-comparison';
import { withdraw, type Twin } from './shared-rows';
import { SpareRows } from './spare-rows';

/** What is to be told of changes since the poll before, by the names of fields. */
export interface Tracked {
  readonly rates: ReadonlySet<string>;
  readonly peaks: ReadonlySet<string>;
}

export const nothingTracked: Tracked = { rates: new Set(), peaks: new Set() };

interface Counter {
  readonly name: string;
  readonly part: number;
}

interface Peak {
  readonly gauge: string;
  readonly maximum: string;
  readonly max: number;
  readonly sum: number;
  readonly inexact: number;
}

/** Where a layout has what is tracked. */
interface Places {
  readonly rated: readonly (Place & Pick<Counter, 'part'>)[];
  readonly peaked: readonly (PeakPlace & { readonly peak: Peak })[];
  /** All counters, tracked or not. */
  readonly counters: readonly Pick<Place, 'column'>[];
}

/** What the rows of one kind did since the poll before: compares, while rows are merged, the numbers of each process with what they were. */
export class RowChanges {
  readonly #counters: readonly Counter[];
  readonly #peaks: readonly Peak[];
  readonly #places = new WeakMap<StatLayout, Places>();
  readonly #spare: SpareRows;
  #comparison: RowComparison | undefined;
  #twins: readonly Twin[] = [];
  /** What the weight of a row of a process that nothing is known of counts for, in an interval. */
  #shareOfLife = 0;

  constructor(
    private readonly kind: RowKind,
    { rates, peaks }: Tracked,
    private readonly parts: PartColumns,
  ) {
    this.#counters = countersOf(kind)
      .filter((name) => rates.has(name))
      .map((name) => ({ name, part: parts.add({ field: name + rateSuffix, rule: 'rate', part: 'sum' }) }));
    this.#peaks = peakedOf(kind, peaks).map((peaked) => {
      const column = { field: peaked.gauge + peakSuffix, rule: 'peak' } as const;
      const partOf = (part: 'max' | 'sum' | 'inexact') => parts.add({ ...column, part });
      return { ...peaked, max: partOf('max'), sum: partOf('sum'), inexact: partOf('inexact') };
    });
    this.#spare = new SpareRows(this.#counters.length + this.#peaks.length + 1);
  }

  /** Before the rows of a process; undefined: it is compared with nothing, and nothing of it is kept. */
  restart(process: ComparedProcess | undefined): void {
    this.#comparison =
      process && new RowComparison(this.#spare, batchRows, basisOf(process.former, this.kind));
    this.#twins = twinRowsOf(process?.twins ?? [], this.kind);
    this.#shareOfLife = process?.shareOfLife ?? 0;
  }

  /** What the rows since `restart` have counted. */
  take(): RowComparison['now'] | undefined {
    const now = this.#comparison?.now;
    now?.trim();
    this.#comparison = undefined;
    return now;
  }

  /**
   * The rows of a batch, before they are added up. Makes their weights those of the interval, where they are `weighed`; and takes out of the
   * batch what another process has told already.
   */
  add(run: Run, rows: StatRows, { names, weighed }: { names: RowNames; weighed: boolean }): void {
    const comparison = this.#comparison;
    if (!comparison) return;
    const { layout, starts, ends } = rows;
    const guid = layout.texts.indexOf(guidColumn) * stride;
    const isKept = (row: number): boolean => guid >= 0 && ends[guid + row]! > starts[guid + row]!;
    const { rated, peaked, counters } = this.#placesIn(layout);
    comparison.begin(run, names, isKept);
    for (const place of rated) comparison.keepCounter(place, run);
    for (const { maximum } of peaked) comparison.keep(maximum, run);
    if (weighed)
      comparison.weighByIncrease(this.#counters.length + this.#peaks.length, run, this.#shareOfLife);
    if (this.#twins.length > 0) {
      comparison.lookForShared(this.#twins, { counters: this.#counters.length, run, isKept });
      withdraw(comparison.shared, counters, run);
    }
    this.#tell(comparison, run, { rated, peaked });
  }

  #tell(comparison: RowComparison, run: Run, { rated, peaked }: Omit<Places, 'counters'>): void {
    for (const place of rated) comparison.addIncrease(place, run, this.#cells(place.part));
    for (const { peak, ...place } of peaked) {
      const cells = {
        max: this.#cells(peak.max),
        sum: this.#cells(peak.sum),
        inexact: this.#cells(peak.inexact),
      };
      comparison.addPeak(place, run, cells);
    }
  }

  #cells(part: number): Float64Array {
    this.parts.give(part);
    return this.parts.cells(part);
  }

  #placesIn(layout: StatLayout): Places {
    const places = this.#places.get(layout) ?? this.#findPlaces(layout);
    this.#places.set(layout, places);
    return places;
  }

  #findPlaces(layout: StatLayout): Places {
    const fields = layout.numbers.map((column) => fieldNamed(this.kind, column)?.name);
    const columnsOf = (name: string): number[] => {
      const column = fields.indexOf(name);
      return column < 0 ? [] : [column * stride];
    };
    return {
      rated: this.#counters.flatMap(({ name, part }, counter) =>
        columnsOf(name).map((column) => ({ counter, part, column })),
      ),
      peaked: this.#peaks.flatMap((peak, i) => {
        const [[gauge], [column]] = [columnsOf(peak.gauge), columnsOf(peak.maximum)];
        if (gauge === undefined || column === undefined) return [];
        return [{ maximum: { counter: this.#counters.length + i, column }, gauge, peak }];
      }),
      counters: countersOf(this.kind).flatMap((name) => columnsOf(name).map((column) => ({ column }))),
    };
  }
}
