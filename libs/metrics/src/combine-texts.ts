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

/** Texts that the worst member says, with how bad they are; other texts are taken from that member too. */
const ranked: Readonly<Record<string, (text: string) => number>> = {
  status: (text) => stateOf(text).severity,
  ...Object.fromEntries(Object.keys(leaders).map((leader) => [leader, checkSeverity])),
};

/** The texts of rows that are combined, as when processes are merged: those of the worst member, the others where all agree. */
export function combineTexts(rows: number, sources: readonly Source[]): TextColumn[] {
  const fields = new Set(sources.flatMap(({ table }) => table.texts.map(({ field }) => field)));
  const texts = new Map([...fields].map((field) => [field, new CombinedText(field, rows)]));
  for (const source of sources) addSource(texts, source);
  return [...texts.values()].map(({ field, words, codes }) => ({ field, words, codes }));
}

function addSource(texts: ReadonlyMap<string, CombinedText>, { table, rows }: Source): void {
  for (const text of texts.values()) text.read(table.texts.find(({ field }) => field === text.field));
  for (const work of worksOf(texts)) {
    for (let from = 0; from < rows.length; from++) if (rows[from]! >= 0) work(from, rows[from]!);
  }
}

/** Adds a row of the source that is read to a row of the combined table. */
type Work = (from: number, to: number) => void;

function worksOf(texts: ReadonlyMap<string, CombinedText>): Work[] {
  const followersOf = (field: string) =>
    (leaders[field] ?? []).flatMap((follower) => texts.get(follower) ?? []);
  const following = new Set(
    Object.keys(leaders)
      .filter((leader) => texts.has(leader))
      .flatMap(followersOf),
  );
  return [...texts.values()]
    .filter((text) => !following.has(text))
    .map((text) => {
      const rankOf = ranked[text.field];
      return rankOf ? takeWorst(text, new Ranks(text, rankOf), followersOf(text.field)) : takeAgreed(text);
    });
}

function takeAgreed(text: CombinedText): Work {
  return (from, to) => {
    const code = text.codeOf(from);
    const old = text.codes[to]!;
    if (code !== 0 && code !== old) text.codes[to] = old === 0 ? code : differ;
  };
}

function takeWorst(text: CombinedText, ranks: Ranks, followers: readonly CombinedText[]): Work {
  return (from, to) => {
    const code = text.codeOf(from);
    const old = text.codes[to]!;
    if (code === 0 || (old !== 0 && old !== code && !ranks.isWorse(code - 1, old - 1))) return;
    text.codes[to] = code;
    for (const follower of followers) {
      if (old === code) follower.takeFirst(from, to);
      else follower.codes[to] = follower.codeOf(from);
    }
  };
}

/** A text of the combined table, its words numbered anew. */
class CombinedText implements WordList {
  readonly words: string[] = [];
  readonly codes: Uint16Array;
  readonly #ids = new Map<string, number>();
  #source: Uint16Array = noCodes;
  /** For each code of the source that of the combined table. */
  #translated: Uint16Array = noCodes;

  constructor(
    readonly field: string,
    rows: number,
  ) {
    this.codes = new Uint16Array(rows);
  }

  get count(): number {
    return this.words.length;
  }

  wordOf(id: number): string {
    return this.words[id]!;
  }

  /** From which column `codeOf` answers from now on; undefined: from none. */
  read(column: TextColumn | undefined): void {
    this.#source = column?.codes ?? noCodes;
    this.#translated = Uint16Array.from(['', ...(column?.words ?? [])], (word) =>
      word ? this.#codeOf(word) : 0,
    );
  }

  codeOf(row: number): number {
    const code = this.#source[row] ?? 0;
    return code === differ ? differ : (this.#translated[code] ?? 0);
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
