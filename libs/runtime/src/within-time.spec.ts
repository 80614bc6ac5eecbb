import { withinTime } from './within-time';

describe('withinTime', () => {
  it('answers what the work answers, and throws what it throws', () => {
    const fault = new TypeError('no');
    expect(withinTime(1000, () => [1, 'a'])).toEqual([1, 'a']);
    expect(withinTime(1000, () => false)).toBe(false);
    expect(() =>
      withinTime(1000, () => {
        throw fault;
      }),
    ).toThrow(fault);
  });

  it('stops a regular expression that would not end, and goes on with others', () => {
    const begun = performance.now();
    expect(withinTime(50, () => /^(\w+_?)+$/.test('a'.repeat(60) + '-'))).toBeUndefined();
    expect(performance.now() - begun).toBeLessThan(5000);
    expect(withinTime(1000, () => /^(\w+_?)+$/.test('a'.repeat(60)))).toBe(true);
  });
});
