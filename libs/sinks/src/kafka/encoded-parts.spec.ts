import type { MetricsRecord, NestedMetrics } from '@haproxystats/messaging';
import fc from 'fast-check';
import { FakeEncoder } from '../../../../test/support/fake-encoder';
import { encodedParts } from './encoded-parts';

const encoder = new FakeEncoder();
const encode = (record: MetricsRecord): Buffer => encoder.encodeMetrics(record);

function nested(count: number, metrics = 1): NestedMetrics[] {
  const numbers = new Map(Array.from({ length: metrics }, (_, i) => [`metric_${i}`, i]));
  return Array.from({ length: count }, (_, i) => ({ name: `s${i}`, metrics: numbers }));
}

function recordOf(change: Partial<MetricsRecord>): MetricsRecord {
  return {
    scope: 'node',
    cluster: 'eu',
    node: 'lb1',
    kind: 'backend',
    proxy: 'app',
    slot: 1_700_000_010_000,
    interval_ms: 10_000,
    coverage: { covered: 1, expected: 1, nodes_seen: 1, nodes_expected: 1, complete: true, late: false },
    part: 0,
    parts: 1,
    metrics: new Map([['stot', 1]]),
    servers: [],
    listeners: [],
    ...change,
  };
}

describe('encodedParts', () => {
  it('leaves a record with up to 500 servers in one', () => {
    const record = recordOf({ servers: nested(500) });
    expect(encodedParts(record, encode)).toEqual([{ part: record, value: encode(record) }]);
    expect(encodedParts(recordOf({}), encode)).toHaveLength(1);
  });

  it.each(['servers', 'listeners'] as const)(
    'cuts one with more %s into shares, its own metrics first',
    (list) => {
      const all = nested(1_201);
      const parts = encodedParts(recordOf({ [list]: all }), encode).map(({ part }) => part);
      expect(parts.map(({ part, parts: of, [list]: share }) => [part, of, share.length])).toEqual([
        [0, 3, 400],
        [1, 3, 400],
        [2, 3, 401],
      ]);
      expect(parts.flatMap((part) => part[list])).toEqual(all);
      expect(parts.map(({ metrics }) => metrics.size)).toEqual([1, 0, 0]);
    },
  );

  it('cuts by size where 500 are too large, and gives what is in the parts', () => {
    const servers = nested(400, 200);
    const whole = encode(recordOf({ servers })).length;
    const parts = encodedParts(recordOf({ servers }), encode);
    expect(whole).toBeGreaterThan(700_000);
    expect(Math.max(...parts.map(({ value }) => value.length))).toBeLessThanOrEqual(700_000);
    expect(parts.length).toBeLessThanOrEqual(Math.ceil(whole / 700_000) + 1);
    expect(parts.map(({ part, value }) => encode(part).equals(value))).not.toContain(false);
  });

  it('cuts unequal ones too, down to single servers, and never loses or repeats one', () => {
    const sizes = fc.array(fc.constantFrom(1, 300, 9_000, 30_000), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(sizes, (counts) => {
        const servers = counts.map((count, i) => ({ ...nested(1, count)[0]!, name: `s${i}` }));
        const parts = encodedParts(recordOf({ servers }), encode);
        expect(parts.flatMap(({ part }) => part.servers.map(({ name }) => name))).toEqual(
          servers.map(({ name }) => name),
        );
        expect(parts.map(({ part }) => [part.part, part.parts])).toEqual(
          parts.map((_, i) => [i, parts.length]),
        );
        expect(parts.every(({ value }) => value.length <= 700_000)).toBe(true);
      }),
      { numRuns: 8 },
    );
  });

  it('refuses by name what cannot be cut any further', () => {
    const servers = nested(3, 50_000);
    expect(() => encodedParts(recordOf({ servers }), encode)).toThrow(
      /^backend app of lb1: \d+ bytes cannot be cut into records$/,
    );
    const { metrics } = nested(1, 50_000)[0]!;
    expect(() => encodedParts(recordOf({ metrics, node: '' }), encode)).toThrow('backend app of eu');
  });
});
