/** Words by number. */
export interface WordList {
  readonly count: number;
  wordOf(id: number): string;
}

/** How bad the words of a list are, found out once per word. */
export class Ranks {
  readonly #ranks: number[] = [];

  constructor(
    private readonly words: WordList,
    private readonly rankOf: (text: string) => number,
  ) {}

  /** Of two words that are equally bad the one that sorts first counts as worse, so that the order of members makes no difference. */
  isWorse(id: number, other: number): boolean {
    const difference = this.#of(id) - this.#of(other);
    return difference > 0 || (difference === 0 && isBefore(this.words, id, other));
  }

  /** The words are others from now on. */
  forget(): void {
    this.#ranks.length = 0;
  }

  #of(id: number): number {
    while (this.#ranks.length < this.words.count)
      this.#ranks.push(this.rankOf(this.words.wordOf(this.#ranks.length)));
    return this.#ranks[id]!;
  }
}

/** Whether one word sorts before another. */
export function isBefore(words: WordList, id: number, other: number): boolean {
  return words.wordOf(id) < words.wordOf(other);
}
