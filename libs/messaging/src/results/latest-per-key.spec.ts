import fc from 'fast-check';
import { metricsRecord } from '../../../../test/support/result-records';
import { LatestPerKey } from './latest-per-key';
import type { ReadMetrics } from './read-values';
import { metricsKey } from './record-keys';

const coverage = (covered: number) => ({ ...metricsRecord().coverage, covered });
const at = (slot: number, covered = 2, different: Partial<ReadMetrics> = {}): ReadMetrics => ({
  ...metricsRecord(),
  slot,
  coverage: coverage(covered),
  ...different,
});
/** A record in `parts` parts, each with one server. */
const cut = (slot: number, covered: number, parts: number): ReadMetrics[] =>
  Array.from({ length: parts }, (_, part) =>
    at(slot, covered, {
      part,
      parts,
      metrics: part === 0 ? metricsRecord().metrics : new Map(),
      servers: [{ name: `s${part}-of-${covered}`, metrics: new Map([['stot', part]]) }],
    }),
  );

describe('LatestPerKey', () => {
  it('lets the newest slot count, and in it what covers most', () => {
    const latest = new LatestPerKey();
    const key = metricsKey(at(1));
    const takes = (record: ReadMetrics): boolean => latest.take(record) !== undefined;
    expect(takes(at(10_000, 1))).toBe(true);
    expect(takes(at(10_000, 2))).toBe(true);
    expect(takes(at(10_000, 1))).toBe(false);
    expect(takes(at(0, 4))).toBe(false);
    expect(latest.get(key)).toEqual(at(10_000, 2));
    expect(takes(at(20_000, 1))).toBe(true);
    expect([...latest.values()]).toEqual([at(20_000, 1)]);
  });

  it('shows a record in parts once it is whole, as one', () => {
    const latest = new LatestPerKey();
    const [first, second, third] = cut(10_000, 2, 3) as [ReadMetrics, ReadMetrics, ReadMetrics];
    expect(latest.take(first)).toBeUndefined();
    expect([...latest.values()]).toEqual([]);
    expect(latest.take(second)).toBeUndefined();
    const whole = latest.take(third);
    expect(whole).toMatchObject({ part: 0, parts: 1, slot: 10_000 });
    expect(whole!.servers.map(({ name }) => name)).toEqual(['s0-of-2', 's1-of-2', 's2-of-2']);
    expect(whole!.metrics).toEqual(first.metrics);
  });

  it('keeps what it shows until the parts of the next are in, and mixes none', () => {
    const latest = new LatestPerKey();
    const key = metricsKey(at(1));
    for (const part of cut(10_000, 1, 2)) latest.take(part);
    const next = cut(10_000, 2, 3);
    latest.take(next[0]!);
    expect(latest.get(key)!.coverage.covered).toBe(1);
    // Its writer died here, and another one begins anew.
    for (const part of cut(10_000, 2, 3)) latest.take(part);
    expect(latest.get(key)!.servers.map(({ name }) => name)).toEqual(['s0-of-2', 's1-of-2', 's2-of-2']);
    latest.take(cut(20_000, 2, 2)[0]!);
    expect(latest.take(cut(20_000, 1, 2)[1]!)).toBeUndefined();
    expect(latest.get(key)!.slot).toBe(10_000);
    for (const part of cut(30_000, 2, 2)) latest.take(part);
    expect(latest.get(key)!.slot).toBe(30_000);
  });

  it('drops keys that are no more, by their own intervals', () => {
    const latest = new LatestPerKey({ expiresAfterIntervals: 3 });
    latest.take(at(100_000));
    latest.take(at(100_000, 2, { proxy: 'slow', interval_ms: 60_000 }));
    expect(latest.expire(130_000)).toBe(0);
    expect(latest.expire(130_001)).toBe(1);
    expect([...latest.values()].map(({ proxy }) => proxy)).toEqual(['slow']);
  });

  it('drops what a clock that was ahead has left, so that what is right counts again', () => {
    const latest = new LatestPerKey({ expiresAfterIntervals: 3 });
    latest.take(at(9_000_000));
    expect(latest.take(at(100_000))).toBeUndefined();
    expect(latest.expire(100_000)).toBe(1);
    expect(latest.take(at(100_000))).toBeDefined();
  });

  it('has a bound, beyond which the key goes that was renewed longest ago', () => {
    const latest = new LatestPerKey({ maxKeys: 2 });
    for (const proxy of ['a', 'b', 'a', 'c']) latest.take(at(10_000, 2, { proxy }));
    expect([...latest.values()].map(({ proxy }) => proxy)).toEqual(['a', 'c']);
    expect(latest).toMatchObject({ size: 2, evicted: 1 });
  });

  it('comes to the same with repetitions, as at-least-once delivery has them', () => {
    const emission = fc.record({
      slot: fc.integer({ min: 1, max: 3 }),
      covered: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(
        fc.array(emission, { minLength: 1, maxLength: 8 }),
        fc.nat(),
        fc.nat(),
        (emissions, from, length) => {
          // What was emitted for a slot with one coverage is always the same.
          const log = emissions.flatMap(({ slot, covered }) => cut(slot * 10_000, covered, covered));
          // The writer died behind any record, and begins again at any one before.
          const died = 1 + (length % log.length);
          const again = [...log.slice(0, died), ...wholeFrom(log, from % died)];
          expect([...shown(again)]).toEqual([...shown(log)]);
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** The rest of the log from the first part of the record at `index` on. */
function wholeFrom(log: readonly ReadMetrics[], index: number): ReadMetrics[] {
  return log.slice(index - log[index]!.part);
}

function shown(log: readonly ReadMetrics[]): Iterable<ReadMetrics> {
  const latest = new LatestPerKey();
  for (const record of log) latest.take(record);
  return latest.values();
}
