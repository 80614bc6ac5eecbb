import { batchRows, checkSeverity, stride, type StatLayout, type StatRows } from '@haproxystats/haproxy';
import { differ, type TextColumn } from './frame';
import { isBefore, Ranks } from './ranks';
import type { Run } from './steps';
import { TextCells } from './text-cells';

/** Texts of the rule `worst`: the one that says which member is the worst, and those that are taken from that member. */
export const leaders: Readonly<Record<string, readonly string[]>> = {
  check_status: ['check_code', 'check_desc', 'last_chk'],
  agent_status: ['agent_code', 'agent_desc', 'last_agt'],
};

/** Combines one or more texts of each row of a table. Its arrays are used again after `take`. */
export interface TextMerger {
  /** Texts since the last `take` for which there was no room. */
  readonly dropped: number;
  /** Makes room for so many rows. */
  reserve(rows: number): void;
  add(run: Run, rows: StatRows): void;
  take(rows: number): TextColumn[];
}

/** Where the cells of some texts begin in a batch; -1 for those that a layout does not have. */
export class TextPlaces {
  readonly at: Int32Array;
  #layout: StatLayout | undefined;

  constructor(private readonly fields: readonly string[]) {
    this.at = new Int32Array(fields.length);
  }

  find(layout: StatLayout): void {
    if (layout === this.#layout) return;
    this.#layout = layout;
    this.fields.forEach((field, i) => {
      const text = layout.texts.indexOf(field);
      this.at[i] = text < 0 ? -1 : text * stride;
    });
  }
}

/** A text that stays where all members agree. */
export class AgreedText implements TextMerger {
  readonly #cells: TextCells;
  readonly #places: TextPlaces;

  constructor(
    private readonly field: string,
    keys: Int32Array,
  ) {
    this.#cells = new TextCells(keys);
    this.#places = new TextPlaces([field]);
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
      if (code !== 0 && code !== codes[row]) codes[row] = codes[row] === 0 ? code : differ;
    }
  }

  take(rows: number): TextColumn[] {
    return [this.#cells.take(this.field, rows) ?? []].flat();
  }
}

/** What becomes of the texts that are taken from the member whose check is the worst. */
const stays = 0;
const isOneMore = 1;
const isWorse = 2;

/**
 * What a check says of a server: the result (`check_status`, `agent_status`), and texts about it, all of the member whose result is the
 * worst; of several with the same result each text that sorts first.
 */
export class WorstTexts implements TextMerger {
  readonly #fields: readonly string[];
  readonly #leader: TextCells;
  readonly #followers: readonly TextCells[];
  readonly #ranks: Ranks;
  readonly #places: TextPlaces;
  readonly #verdicts = new Uint8Array(batchRows);

  constructor(leader: string, followers: readonly string[], keys: Int32Array) {
    this.#leader = new TextCells(keys);
    this.#ranks = new Ranks(this.#leader.words, checkSeverity);
    this.#fields = [leader, ...followers];
    this.#places = new TextPlaces(this.#fields);
    this.#followers = followers.map(() => new TextCells(keys));
  }

  get dropped(): number {
    return this.#all.reduce((sum, { dropped }) => sum + dropped, 0);
  }

  get #all(): readonly TextCells[] {
    return [this.#leader, ...this.#followers];
  }

  reserve(rows: number): void {
    for (const cells of this.#all) cells.reserve(rows);
  }

  add(run: Run, rows: StatRows): void {
    this.#places.find(rows.layout);
    const { at } = this.#places;
    if (at[0]! < 0 || !this.#lead(run, rows, at[0]!)) return;
    for (let i = 0; i < this.#followers.length; i++) this.#follow(i, run, rows);
  }

  take(rows: number): TextColumn[] {
    this.#ranks.forget();
    return this.#all.flatMap((cells, i) => cells.take(this.#fields[i]!, rows) ?? []);
  }

  /** Takes the results, and finds whose texts to take; answers whether any. */
  #lead(run: Run, rows: StatRows, place: number): boolean {
    const read = this.#leader.read(run, rows, place);
    const { codes } = this.#leader;
    let any = 0;
    for (let i = 0; i < run.count; i++) {
      const row = run.to[i]!;
      const code = read[i]!;
      const verdict = this.#verdictOn(code, codes[row]!);
      this.#verdicts[i] = verdict;
      if (verdict === isWorse) codes[row] = code;
      any |= verdict;
    }
    return any !== stays;
  }

  #verdictOn(code: number, old: number): number {
    if (code === 0) return stays;
    if (code === old) return isOneMore;
    return old === 0 || this.#ranks.isWorse(code - 1, old - 1) ? isWorse : stays;
  }

  /** Takes the texts of a follower. */
  #follow(follower: number, { count, from, to }: Run, { text, starts, ends }: StatRows): void {
    const cells = this.#followers[follower]!;
    const place = this.#places.at[follower + 1]!;
    const { codes } = cells;
    cells.words.read(text);
    for (let i = 0; i < count; i++) {
      const verdict = this.#verdicts[i]!;
      if (verdict === stays) continue;
      const row = to[i]!;
      const cell = place + from[i]!;
      const code = place < 0 ? 0 : cells.codeOf(row, starts[cell]!, ends[cell]!);
      const old = codes[row]!;
      if (code === old) continue;
      const isFirst = old === 0 || (code !== 0 && isBefore(cells.words, code - 1, old - 1));
      if (verdict === isWorse || isFirst) codes[row] = code;
    }
  }
}
