import { batchRows, type StatRows } from '@haproxystats/haproxy';
import { differ, type TextColumn } from './frame';
import type { Run } from './steps';
import { Words } from './words';

/** Different texts of one column. */
const maxWords = differ - 1;
/** A longer text is left out; HAProxy's own are below 200. */
const maxTextBytes = 1_024;
const firstRows = 64;
const bytesAsTheyAre = Uint8Array.from({ length: 256 }, (_, byte) => byte);

/** A text of each row of a table, while members are added: its code is that of a word, 0 while there is none. Used again after `take`. */
export class TextCells {
  readonly words: Words;
  #codes = new Uint16Array(firstRows);
  readonly #read = new Uint16Array(batchRows);
  #last = 0;
  #dropped = 0;

  /** `keys`: see `hashKeys`. */
  constructor(keys: Int32Array) {
    this.words = new Words({ fold: bytesAsTheyAre, max: maxWords, keys });
  }

  /** Texts since the last `take` for which there was no room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** By row; good until the next `reserve`. */
  get codes(): Uint16Array {
    return this.#codes;
  }

  /** Makes room for so many rows. */
  reserve(rows: number): void {
    if (rows <= this.#codes.length) return;
    const codes = new Uint16Array(Math.max(rows, this.#codes.length * 2));
    codes.set(this.#codes);
    this.#codes = codes;
  }

  /** The codes of the texts of a run, whose cells begin at `place`; good until the next call. */
  read({ count, from, to }: Run, { text, starts, ends }: StatRows, place: number): Uint16Array {
    const read = this.#read;
    this.words.read(text);
    for (let i = 0; i < count; i++) {
      const cell = place + from[i]!;
      read[i] = this.codeOf(to[i]!, starts[cell]!, ends[cell]!);
    }
    return read;
  }

  /**
   * The code of a text of a row; 0 where it is empty, or there is no room for it. Most members agree, and most rows have the text of the
   * row before: no other word is looked for then.
   */
  codeOf(row: number, start: number, end: number): number {
    if (start === end) return 0;
    const words = this.words;
    const code = this.#codes[row]!;
    if (code > 0 && code < differ && words.is(code - 1, start, end)) return code;
    if (this.#last < words.count && words.is(this.#last, start, end)) return this.#last + 1;
    const id = end - start > maxTextBytes ? -1 : words.idOf(start, end);
    if (id < 0) this.#dropped++;
    else this.#last = id;
    return id + 1;
  }

  /** The column of the first `rows` rows; undefined where it is blank in all of them. All is blank again then. */
  take(field: string, rows: number): TextColumn | undefined {
    const codes = this.#codes.slice(0, rows);
    const words = this.words.list().map(unquoted);
    this.#codes.fill(0, 0, rows);
    this.words.reset();
    this.#dropped = 0;
    return words.length > 0 ? { field, words, codes } : undefined;
  }
}

/** In a quoted field a doubled quote stands for one. */
function unquoted(word: string): string {
  return word.includes('"') ? word.replaceAll('""', '"') : word;
}
