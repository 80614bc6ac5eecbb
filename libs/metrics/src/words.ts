import { spread } from './hash-keys';

const noWord = -1;
const firstSlots = 64;
const firstBytes = 1_024;

export interface WordsOptions {
  /** What each byte counts as. */
  readonly fold: Uint8Array;
  /** How many words it takes. */
  readonly max: number;
  /** See `hashKeys`. */
  readonly keys: Int32Array;
}

/**
 * Numbers the words of a text from 0 on, in the order in which they are first seen, by their bytes: no string is made of a word until
 * it is asked for. Its arrays are used again after `reset`.
 */
export class Words {
  /** The bytes of all words, folded, one behind the other: word `i` from `#bounds[i]` up to `#bounds[i + 1]`. */
  #bytes = Buffer.allocUnsafe(firstBytes);
  #bounds = new Uint32Array(firstSlots + 1);
  #hashes = new Int32Array(firstSlots);
  /** An open hash table of words + 1. */
  #slots = new Int32Array(firstSlots);
  #count = 0;
  #text: Buffer = this.#bytes;
  /** The bytes of the words and of the text, to compare four at a time. */
  #wordView = viewOf(this.#bytes);
  #textView = this.#wordView;
  readonly #fold: Uint8Array;
  readonly #max: number;
  readonly #keys: Int32Array;

  constructor({ fold, max, keys }: WordsOptions) {
    this.#fold = fold;
    this.#max = max;
    this.#keys = keys;
  }

  get count(): number {
    return this.#count;
  }

  /** Forgets all words. */
  reset(): void {
    const slots = this.#slots;
    if (this.#count * 4 > slots.length) slots.fill(0);
    else for (let id = 0; id < this.#count; id++) this.#clear(id);
    this.#count = 0;
  }

  /** The text whose words are asked for from now on. */
  read(text: Buffer): void {
    if (text === this.#text) return;
    this.#text = text;
    this.#textView = viewOf(text);
  }

  /** Whether the bytes from `start` up to `end` are that word. */
  is(id: number, start: number, end: number): boolean {
    const from = this.#bounds[id]!;
    const length = end - start;
    if (this.#bounds[id + 1]! - from !== length) return false;
    const words = this.#wordView;
    const text = this.#textView;
    let same = 0;
    while (same + 4 <= length && words.getInt32(from + same, true) === text.getInt32(start + same, true))
      same += 4;
    return this.#folds(from + same, start + same, end);
  }

  /** The number of the word, a new one if need be; -1 when there is no room for another. */
  idOf(start: number, end: number): number {
    const hash = this.hashOf(start, end);
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (let id = slots[slot]! - 1; id >= 0; id = slots[slot]! - 1) {
      if (this.#hashes[id] === hash && this.is(id, start, end)) return id;
      slot = (slot + 1) & mask;
    }
    return this.#add(hash, start, end);
  }

  /** By which it is looked for: each byte, and that there is one, times the key of its place, added up. */
  hashOf(start: number, end: number): number {
    const text = this.#text;
    const fold = this.#fold;
    const keys = this.#keys;
    const length = Math.min(end - start, keys.length);
    let hash = 0;
    for (let i = 0; i < length; i++) hash = (hash + Math.imul(fold[text[start + i]!]! + 1, keys[i]!)) | 0;
    return spread(hash);
  }

  /** The hash of a word that is known. */
  hashAt(id: number): number {
    return this.#hashes[id]!;
  }

  wordOf(id: number): string {
    return this.#bytes.toString('latin1', this.#bounds[id], this.#bounds[id + 1]);
  }

  /** All words, by number. */
  list(): string[] {
    const words = new Array<string>(this.#count);
    for (let id = 0; id < words.length; id++) words[id] = this.wordOf(id);
    return words;
  }

  /** Whether the bytes of the text, folded, are those of the words from `from` on. */
  #folds(from: number, start: number, end: number): boolean {
    const bytes = this.#bytes;
    const text = this.#text;
    const fold = this.#fold;
    for (let at = start; at < end; at++) if (bytes[from++] !== fold[text[at]!]) return false;
    return true;
  }

  #add(hash: number, start: number, end: number): number {
    const id = this.#count;
    if (id === this.#max) return noWord;
    if ((id + 1) * 2 > this.#slots.length) this.#grow();
    this.#put(id, hash);
    this.#hashes[id] = hash;
    this.#bounds[id + 1] = this.#copy(this.#bounds[id]!, start, end);
    this.#count++;
    return id;
  }

  /** Appends the bytes; answers where they end. */
  #copy(to: number, start: number, end: number): number {
    const needed = to + end - start;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, to));
      this.#bytes = larger;
      this.#wordView = viewOf(larger);
    }
    const fold = this.#fold;
    for (let at = start; at < end; at++) this.#bytes[to++] = fold[this.#text[at]!]!;
    return to;
  }

  #put(id: number, hash: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = id + 1;
  }

  /** Takes a word out of the table; only good when all words go. */
  #clear(id: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = this.#hashes[id]! & mask;
    while (slots[slot] !== id + 1) slot = (slot + 1) & mask;
    slots[slot] = 0;
  }

  #grow(): void {
    const length = this.#slots.length * 2;
    this.#slots = new Int32Array(length);
    this.#bounds = grown(this.#bounds, new Uint32Array(length + 1));
    this.#hashes = grown(this.#hashes, new Int32Array(length));
    for (let id = 0; id < this.#count; id++) this.#put(id, this.#hashes[id]!);
  }
}

function grown<T extends Uint32Array | Int32Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}
