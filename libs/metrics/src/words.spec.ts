import fc from 'fast-check';
import { Words } from './words';

const bytesAsTheyAre = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const withoutDots = bytesAsTheyAre.with(0x2e, 0x5f);

function wordsOf(max = 1_000, fold = bytesAsTheyAre): Words {
  return new Words({ fold, max });
}

function idOf(words: Words, word: string): number {
  const text = Buffer.from(`xx${word}yy`, 'latin1');
  words.read(text);
  return words.idOf(2, text.length - 2);
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

  it('forgets many words as well as few', () => {
    const words = wordsOf(100_000);
    for (let i = 0; i < 5_000; i++) idOf(words, `word ${i}`);
    words.reset();
    for (let i = 0; i < 10; i++) expect(idOf(words, `word ${i * 7}`)).toBe(i);
    words.reset();
    for (let i = 0; i < 5_000; i++) expect(idOf(words, `word ${i}`)).toBe(i);
  });
});
