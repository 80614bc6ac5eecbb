import fc from 'fast-check';
import { arbitraryMetrics, metricsRecord } from '../../../../test/support/result-records';
import type { MetricsRecord } from '../results/metrics-record';
import { wireMetrics } from '../results/wire-values';
import { AvroWriter } from './avro-writer';
import { writeMetrics } from './metrics-bytes';
import { metricsType } from './result-types';

const writer = new AvroWriter();

function bytesOf(record: MetricsRecord): Buffer {
  writer.begin(0);
  writeMetrics(record, writer);
  return writer.done();
}

const byAvsc = (record: MetricsRecord): Buffer => metricsType().toBuffer(wireMetrics(record));

describe('writeMetrics', () => {
  it('writes what avsc writes by the schema', () => {
    fc.assert(
      fc.property(arbitraryMetrics, (record) => {
        const [ours, theirs] = [bytesOf(record), byAvsc(record)];
        // An object has names like 0 before all others, a Map where they were put: the same map for every reader.
        expect(metricsType().fromBuffer(ours)).toEqual(metricsType().fromBuffer(theirs));
        expect(ours).toHaveLength(theirs.length);
      }),
    );
  });

  it.each([0, 1, -1, 63, 64, -64, -65, 8_191, 8_192, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 52, -(2 ** 52)])(
    'writes %d as a long',
    (slot) => {
      const record = metricsRecord({ slot });
      expect(bytesOf(record)).toEqual(byAvsc(record));
    },
  );

  it.each([0.5, NaN, Infinity, 2 ** 53])('refuses %d as a long', (slot) => {
    expect(() => bytesOf(metricsRecord({ slot }))).toThrow(RangeError);
  });

  it('leaves out numbers that are not finite, also where that leaves nothing', () => {
    for (const pairs of [
      [
        ['a', 1],
        ['b', NaN],
        ['c', 2],
      ],
      [['a', Infinity]],
    ] as [string, number][][]) {
      const record = metricsRecord({ metrics: new Map(pairs) });
      expect(bytesOf(record)).toEqual(byAvsc(record));
    }
  });

  it('writes more than its memory holds at first, and more names than it keeps', () => {
    const metrics = new Map(Array.from({ length: 25_000 }, (_, i) => [`metric_${i}_é`, i / 3]));
    const record = metricsRecord({ metrics, proxy: 'x'.repeat(100_000) });
    expect(bytesOf(record)).toEqual(byAvsc(record));
    expect(bytesOf(metricsRecord())).toEqual(byAvsc(metricsRecord()));
  });
});
