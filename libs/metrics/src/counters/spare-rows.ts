import { CountedRows, maxSlack, type LetGoRows } from './counted-rows';

/** One process is merged at a time: more are only kept while a slot waits for its late processes. */
const maxSpare = 4;

/** Rows of one kind that nothing is compared with any more, to be filled again: they have lived for long, and V8 takes its time to free such. */
export class SpareRows implements LetGoRows {
  readonly #spare: CountedRows[] = [];

  constructor(private readonly counters: number) {}

  /** Empty, with room for about so many rows. */
  take(rows: number): CountedRows {
    const fitting = this.#spare.findIndex(({ room }) => room >= rows && room <= maxSlack * rows);
    if (fitting >= 0) return this.#spare.splice(fitting, 1)[0]!;
    const taken = new CountedRows(this.counters, this);
    taken.reserve(rows);
    return taken;
  }

  /** What is given is read no more by anybody. */
  give(rows: CountedRows): void {
    rows.clear();
    this.#spare.push(rows);
    if (this.#spare.length > maxSpare) this.#spare.shift();
  }
}
