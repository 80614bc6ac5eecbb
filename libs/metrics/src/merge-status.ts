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
import type { Run } from './steps';
import { TextCells } from './text-cells';

const field = 'status';

/** The field that counts the members which see an entity in a state. */
export function stateField(state: StateName): string {
  return `status_${state}`;
}

/** The share of the members that see the entity take traffic. */
export const upField = 'up';

/**
 * The `status` of each row: the worst text; how many members see which state; and the share of those that see it take traffic. The
 * numbers go to the table's other parts.
 */
export class StatusText implements TextMerger {
  readonly #cells = new TextCells();
  readonly #ranks = new Ranks(this.#cells.words, (text) => stateOf(text).severity);
  readonly #places = new TextPlaces([field]);
  /** The part that counts each state. */
  readonly #counts: ReadonlyMap<StateName, number>;
  readonly #usual: readonly number[];
  readonly #up: { readonly sum: number; readonly count: number };
  /** By code - 1. */
  readonly #states: { readonly count: number; readonly up: number }[] = [];

  constructor(
    kind: EntityKind,
    private readonly parts: PartColumns,
  ) {
    this.#counts = new Map(
      stateNames.map((name) => [name, parts.add({ field: stateField(name), rule: 'sum', part: 'sum' })]),
    );
    this.#usual = usualStates(kind).map((name) => this.#counts.get(name)!);
    this.#up = {
      sum: parts.add({ field: upField, rule: 'mean', part: 'sum' }),
      count: parts.add({ field: upField, rule: 'mean', part: 'count' }),
    };
  }

  get dropped(): number {
    return this.#cells.dropped;
  }

  reserve(rows: number): void {
    this.#cells.reserve(rows);
  }

  add({ count, from, to }: Run, { layout, text, starts, ends }: StatRows): void {
    this.#places.find(layout);
    const place = this.#places.at[0]!;
    if (place < 0) return;
    const cells = this.#cells;
    const { codes } = cells;
    cells.words.read(text);
    for (let i = 0; i < count; i++) {
      const cell = place + from[i]!;
      const row = to[i]!;
      const code = cells.codeOf(row, starts[cell]!, ends[cell]!);
      if (code === 0) continue;
      const old = codes[row]!;
      if (old === 0) this.#begin(row);
      const { count: part, up } = this.#stateOf(code);
      this.#add(part, row, 1);
      this.#add(this.#up.sum, row, up);
      this.#add(this.#up.count, row, 1);
      if (code !== old && (old === 0 || this.#ranks.isWorse(code - 1, old - 1))) codes[row] = code;
    }
  }

  take(rows: number): TextColumn[] {
    this.#ranks.forget();
    this.#states.length = 0;
    return [this.#cells.take(field, rows) ?? []].flat();
  }

  #stateOf(code: number): { readonly count: number; readonly up: number } {
    const { words } = this.#cells;
    while (this.#states.length < words.count) {
      const { name, up } = stateOf(words.wordOf(this.#states.length));
      this.#states.push({ count: this.#counts.get(name)!, up });
    }
    return this.#states[code - 1]!;
  }

  #begin(row: number): void {
    for (const part of this.#usual) this.#add(part, row, 0);
  }

  #add(part: number, row: number, value: number): void {
    const cells = this.parts.cells(part);
    const sum = cells[row]!;
    cells[row] = sum === sum ? sum + value : value;
    this.parts.give(part);
  }
}
