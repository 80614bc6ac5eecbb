import { hashKeys, hashPair } from './hash-keys';

const slots = 1 << 17;

describe('hashKeys', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(hashKeys(5)).toEqual(hashKeys(5));
    expect(new Set([...hashKeys(5), ...hashKeys(6), ...hashKeys(-6)]).size).toBeGreaterThan(3_000);
  });

  it('spread pairs that were chosen to collide under another seed', () => {
    const keys = hashKeys(0);
    const numbers = Array.from({ length: 1_500 }, (_, i) => i);
    const chosen = numbers.flatMap((a) =>
      numbers.filter((b) => (hashPair(a, b, keys) & (slots - 1)) < 512).map((b) => [a, b] as const),
    );
    const slotsOf = (seed: number): number => {
      const own = hashKeys(seed);
      return new Set(chosen.map(([a, b]) => hashPair(a, b, own) & (slots - 1))).size;
    };
    expect(chosen.length).toBeGreaterThan(8_000);
    expect(slotsOf(0)).toBeLessThanOrEqual(512);
    for (const seed of [1, -1, 123_456_789]) expect(slotsOf(seed)).toBeGreaterThan(0.9 * chosen.length);
  });
});
