import {
  stateNames,
  stateOf,
  usualStates,
  type EntityKind,
  type StateName,
  type StatRows,
} from '@haproxystats/haproxy';
import type { TextColumn } from './frame';
import { TextPlaces, type TextMerger } from './merge-texts';
import type { PartColumns } from './part-columns';
import { Ranks } from './ranks';
import { addTo, type Run } from './steps';
import { TextCells } from './text-cells';

const field = 'status';

/** The field that counts the members which see an entity in a state. */
function stateField(state: StateName): string {
  return `status_${state}`;
}

/** The share of the members that see the entity take traffic. */
const upField = 'up';

/**
 * The `status` of each row: the worst text; how many members see which state; and the share of those that see it take traffic. The
 * numbers go to the table's other parts.
 */
export class StatusText implements TextMerger {
  readonly #cells: TextCells;
  readonly #ranks: Ranks;
  readonly #places = new TextPlaces([field]);
  /** The part that counts each state. */
  readonly #counts: ReadonlyMap<StateName, number>;
  readonly #usual: readonly number[];
  readonly #own: readonly number[];
  readonly #up: { readonly sum: number; readonly count: number };
  /** By code - 1. */
  readonly #states: { readonly count: number; readonly up: number }[] = [];

  constructor(
    kind: EntityKind,
    private readonly parts: PartColumns,
    keys: Int32Array,
  ) {
    this.#cells = new TextCells(keys);
    this.#ranks = new Ranks(this.#cells.words, (text) => stateOf(text).severity);
    this.#counts = new Map(
      stateNames.map((name) => [name, parts.add({ field: stateField(name), rule: 'sum', part: 'sum' })]),
    );
    this.#up = {
      sum: parts.add({ field: upField, rule: 'mean', part: 'sum' }),
      count: parts.add({ field: upField, rule: 'mean', part: 'count' }),
    };
    this.#own = [...this.#counts.values(), this.#up.sum, this.#up.count];
    this.#usual = usualStates(kind).map((name) => this.#counts.get(name)!);
  }

  get dropped(): number {
    return this.#cells.dropped;
  }

  reserve(rows: number): void {
    this.#cells.reserve(rows);
  }

  add(run: Run, rows: StatRows): void {
    this.#places.find(rows.layout);
    const place = this.#places.at[0]!;
    if (place < 0) return;
    const read = this.#cells.read(run, rows, place);
    const { codes } = this.#cells;
    for (let i = 0; i < run.count; i++) {
      const row = run.to[i]!;
      const code = read[i]!;
      if (code === 0) continue;
      const old = codes[row]!;
      if (old === 0) for (const part of this.#usual) addTo(this.parts.cells(part), row, 0);
      this.#count(code, row);
      if (code !== old && (old === 0 || this.#ranks.isWorse(code - 1, old - 1))) codes[row] = code;
    }
  }

  take(rows: number): TextColumn[] {
    this.#ranks.forget();
    this.#states.length = 0;
    return [this.#cells.take(field, rows) ?? []].flat();
  }

  #count(code: number, row: number): void {
    const { count, up } = this.#states[code - 1] ?? this.#stateOf(code);
    addTo(this.parts.cells(count), row, 1);
    addTo(this.parts.cells(this.#up.sum), row, up);
    addTo(this.parts.cells(this.#up.count), row, 1);
  }

  #stateOf(code: number): { readonly count: number; readonly up: number } {
    const { words } = this.#cells;
    while (this.#states.length < words.count) {
      const { name, up } = stateOf(words.wordOf(this.#states.length));
      this.#states.push({ count: this.#counts.get(name)!, up });
    }
    for (const part of this.#own) this.parts.give(part);
    return this.#states[code - 1]!;
  }
}
