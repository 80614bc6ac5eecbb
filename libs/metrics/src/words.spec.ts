import fc from 'fast-check';
import { hashKeys, spread } from './hash-keys';
import { Words } from './words';

const bytesAsTheyAre = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const withoutDots = bytesAsTheyAre.with(0x2e, 0x5f);

function wordsOf(max = 1_000, fold = bytesAsTheyAre, seed = 0): Words {
  return new Words({ fold, max, keys: hashKeys(seed) });
}

function idOf(words: Words, word: string): number {
  const text = Buffer.from(`xx${word}yy`, 'latin1');
  words.read(text);
  return words.idOf(2, text.length - 2);
}

/** Words with one hash under the seed 0: at each of sixteen places one of two pieces that add the same to it. */
function colliding(count: number): string[] {
  const keys = hashKeys(0);
  const pairs = Array.from({ length: 16 }, (_, place) => pairAt(keys.subarray(place * 5)));
  return Array.from({ length: count }, (_, i) =>
    pairs.map((pair, place) => pair[(i >> place) & 1]!).join(''),
  );
}

/** Two pieces of five bytes that add the same to a hash, where these are the keys of their places. */
function pairAt(keys: Int32Array): [string, string] {
  const seen = new Map<number, string>();
  for (let i = 0; ; i++) {
    const more = spread(i);
    const bytes = [i, i >> 8, more, more >> 8, more >> 16].map((byte) => byte & 255);
    const sum = bytes.reduce((all, byte, at) => (all + Math.imul(byte + 1, keys[at]!)) | 0, 0);
    const piece = String.fromCharCode(...bytes);
    const known = seen.get(sum);
    if (known !== undefined && known !== piece) return [known, piece];
    seen.set(sum, piece);
  }
}

describe('Words', () => {
  it('numbers words in the order in which they come, whatever their bytes', () => {
    const list = fc.array(fc.oneof(fc.string({ maxLength: 12 }), fc.stringMatching(/^[ab.]{0,6}$/)), {
      maxLength: 200,
    });
    const words = wordsOf();
    fc.assert(
      fc.property(list, (some) => {
        const seen = some.map((word) => Buffer.from(word, 'latin1').toString('latin1'));
        const known = [...new Set(seen)];
        expect(seen.map((word) => idOf(words, word))).toEqual(seen.map((word) => known.indexOf(word)));
        expect(words.list()).toEqual(known);
        words.reset();
        expect(words.count).toBe(0);
      }),
    );
  });

  it('takes words for one that differ in folded bytes', () => {
    const words = wordsOf(10, withoutDots);
    expect([idOf(words, 'a.long.name'), idOf(words, 'a_long_name'), idOf(words, 'a-long-name')]).toEqual([
      0, 0, 1,
    ]);
    expect(words.wordOf(0)).toBe('a_long_name');
  });

  it('takes no more than its bound', () => {
    const words = wordsOf(2);
    expect(['a', 'b', 'c', 'a'].map((word) => idOf(words, word))).toEqual([0, 1, -1, 0]);
  });

  it('spreads words that were chosen to collide under another seed', () => {
    const count = 50_000;
    const text = Buffer.from(colliding(count).join(''), 'latin1');
    const length = text.length / count;
    const hashesUnder = (seed: number): number => {
      const words = wordsOf(count, bytesAsTheyAre, seed);
      words.read(text);
      return new Set(Array.from({ length: count }, (_, i) => words.hashOf(i * length, (i + 1) * length)))
        .size;
    };
    expect(hashesUnder(0)).toBe(1);
    expect(hashesUnder(1)).toBeGreaterThan(0.99 * count);
  });

  it('forgets many words as well as few', () => {
    const words = wordsOf(100_000);
    for (let i = 0; i < 5_000; i++) idOf(words, `word ${i}`);
    words.reset();
    for (let i = 0; i < 10; i++) expect(idOf(words, `word ${i * 7}`)).toBe(i);
    words.reset();
    for (let i = 0; i < 5_000; i++) expect(idOf(words, `word ${i}`)).toBe(i);
  });
});
