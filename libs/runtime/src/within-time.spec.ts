import { withinTime } from './within-time';

describe('withinTime', () => {
  it('answers what the work answers, and throws what it throws', () => {
    const fault = new TypeError('no');
    expect(withinTime(10_000, () => [1, 'a'])).toEqual([1, 'a']);
    expect(withinTime(10_000, () => false)).toBe(false);
    expect(() =>
      withinTime(10_000, () => {
        throw fault;
      }),
    ).toThrow(fault);
  });

  it('stops a regular expression that would not end, and goes on with others', () => {
    const begun = performance.now();
    expect(withinTime(50, () => /^(\w+_?)+$/.test('a'.repeat(60) + '-'))).toBeUndefined();
    expect(performance.now() - begun).toBeLessThan(5000);
    expect(withinTime(10_000, () => /^(\w+_?)+$/.test('a'.repeat(60)))).toBe(true);
  });

  /** Lets this thread wait without using it, as a machine does that has no time for it. */
  const stall = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

  it('begins again where the machine took the time, but not for ever', () => {
    const stalls = [100, 100, 0];
    expect(withinTime(50, () => stall(stalls.shift() ?? 0) === 'timed-out')).toBe(true);
    expect(stalls).toEqual([]);
    let attempts = 0;
    expect(
      withinTime(20, () => {
        attempts++;
        return stall(1_000) === 'timed-out';
      }),
    ).toBeUndefined();
    expect(attempts).toBe(5);
  });
});
