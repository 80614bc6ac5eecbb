import { checkSeverity, stateOf } from '@haproxystats/haproxy';
import { differ, type Table, type TextColumn } from './frame';
import { leaders } from './merge-texts';
import { isBefore, Ranks, type WordList } from './ranks';

/** A table whose rows go to rows of another: -1 for those that are left out. */
export interface Source {
  readonly table: Table;
  readonly rows: Int32Array;
}

const maxWords = differ - 1;
const noCodes = Uint16Array.of(0);
const blank = { words: [], codes: noCodes };

/** Texts that the worst member says, with how bad they are; other texts are taken from that member too. */
const ranked: Readonly<Record<string, (text: string) => number>> = {
  status: (text) => stateOf(text).severity,
  ...Object.fromEntries(Object.keys(leaders).map((leader) => [leader, checkSeverity])),
};

/** The texts of rows that are combined, as when processes are merged: those of the worst member, the others where all agree. */
export function combineTexts(rows: number, sources: readonly Source[]): TextColumn[] {
  const combiner = new TextCombiner();
  combiner.reserve(rows);
  for (const source of sources) combiner.add(source);
  return combiner.take(rows);
}

/** The same, source by source, in any order. Its arrays are used again after `take`. */
export class TextCombiner {
  /** By field. */
  readonly #texts = new Map<string, CombinedText>();
  /** Followers from sources whose leader is not there: they count where none of the sources has it. */
  readonly #strays = new Map<string, CombinedText>();
  #rows = 0;

  /** Makes room for so many rows. */
  reserve(rows: number): void {
    this.#rows = Math.max(rows, this.#rows);
    for (const texts of [this.#texts, this.#strays])
      for (const text of texts.values()) text.reserve(this.#rows);
  }

  add({ table: { texts }, rows }: { readonly table: Pick<Table, 'texts'>; readonly rows: Int32Array }): void {
    const columns = new Map(texts.map((column) => [column.field, column]));
    const led = new Set([...columns.keys()].flatMap((field) => leaders[field] ?? []));
    for (const [field, column] of columns) {
      if (led.has(field)) continue;
      if (ranked[field]) this.#addWorst(column, columns, rows);
      else addAgreed(this.#read(column, isFollower(field) ? this.#strays : this.#texts), rows);
    }
  }

  /** The texts of the first `rows` rows; nothing is left of them here. */
  take(rows: number): TextColumn[] {
    const strays = [...this.#strays.values()].filter(({ field }) => !this.#texts.has(field));
    const columns = [...this.#texts.values(), ...strays].map((text) => text.take(rows));
    this.#texts.clear();
    this.#strays.clear();
    return columns;
  }

  /** A follower that the source does not have, and others have, is blank in its rows. */
  #addWorst(column: TextColumn, columns: ReadonlyMap<string, TextColumn>, rows: Int32Array): void {
    const text = this.#read(column, this.#texts);
    const following = (leaders[column.field] ?? []).flatMap((field) => {
      const own = columns.get(field) ?? (this.#texts.has(field) ? { field, ...blank } : undefined);
      return own ? this.#read(own, this.#texts) : [];
    });
    addWorst(text, following, rows);
  }

  #read(column: TextColumn, texts: Map<string, CombinedText>): CombinedText {
    const text = texts.get(column.field) ?? new CombinedText(column.field, this.#rows);
    texts.set(column.field, text);
    text.read(column);
    return text;
  }
}

const followers = new Set(Object.values(leaders).flat());

function isFollower(field: string): boolean {
  return followers.has(field);
}

function addAgreed(text: CombinedText, rows: Int32Array): void {
  const { codes } = text;
  for (let from = 0; from < rows.length; from++) {
    const to = rows[from]!;
    const code = text.codeOf(from);
    if (to < 0 || code === 0) continue;
    const old = codes[to]!;
    if (code !== old) codes[to] = old === 0 ? code : differ;
  }
}

function addWorst(text: CombinedText, following: readonly CombinedText[], rows: Int32Array): void {
  const { codes, ranks } = text;
  for (let from = 0; from < rows.length; from++) {
    const to = rows[from]!;
    const code = text.codeOf(from);
    if (to < 0 || code === 0) continue;
    const old = codes[to]!;
    if (code === old) for (const follower of following) follower.takeFirst(from, to);
    else if (old === 0 || ranks.isWorse(code - 1, old - 1)) {
      codes[to] = code;
      for (const follower of following) follower.replace(from, to);
    }
  }
}

/** A text of the combined table, its words numbered anew. */
class CombinedText implements WordList {
  readonly words: string[] = [];
  readonly ranks: Ranks;
  codes: Uint16Array;
  readonly #ids = new Map<string, number>();
  #source: Uint16Array = noCodes;
  /** For each code of the source that of the combined table. */
  #translated: Uint16Array = noCodes;

  constructor(
    readonly field: string,
    rows: number,
  ) {
    this.codes = new Uint16Array(rows);
    this.ranks = new Ranks(this, ranked[field] ?? (() => 0));
  }

  get count(): number {
    return this.words.length;
  }

  wordOf(id: number): string {
    return this.words[id]!;
  }

  reserve(rows: number): void {
    if (rows <= this.codes.length) return;
    const codes = new Uint16Array(rows);
    codes.set(this.codes);
    this.codes = codes;
  }

  /** From which column `codeOf` answers from now on. */
  read({ codes, words }: TextColumn): void {
    this.#source = codes;
    this.#translated = Uint16Array.from(['', ...words], (word) => (word ? this.#codeOf(word) : 0));
  }

  take(rows: number): TextColumn {
    return { field: this.field, words: this.words, codes: this.codes.subarray(0, rows) };
  }

  codeOf(row: number): number {
    const code = this.#source[row] ?? 0;
    return code === differ ? differ : (this.#translated[code] ?? 0);
  }

  replace(from: number, to: number): void {
    this.codes[to] = this.codeOf(from);
  }

  /** The text that sorts first, or the only one. */
  takeFirst(from: number, to: number): void {
    const code = this.codeOf(from);
    const old = this.codes[to]!;
    if (code !== 0 && (old === 0 || isBefore(this, code - 1, old - 1))) this.codes[to] = code;
  }

  #codeOf(word: string): number {
    const known = this.#ids.get(word);
    if (known !== undefined) return known;
    if (this.words.length >= maxWords) return 0;
    const code = this.words.push(word);
    this.#ids.set(word, code);
    return code;
  }
}
