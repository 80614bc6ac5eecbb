import fc from 'fast-check';
import { FakeRegistry } from '../../../../test/support/fake-registry';
import {
  arbitraryEvent,
  arbitraryMetrics,
  haproxyEvent,
  metricsRecord,
} from '../../../../test/support/result-records';
import { createRecordEncoder, type RecordEncoder, type ResultFormat } from '../registry';
import { schemaOf, resultTopics, subjectOf } from '../registry/subjects';
import { RecordDecoder } from './record-decoder';

describe.each(['avro', 'json'] as const)('a result in %s', (format: ResultFormat) => {
  const fake = new FakeRegistry();
  let encoder: RecordEncoder;
  let decoder: RecordDecoder;

  beforeAll(async () => {
    const registry = { url: await fake.start() };
    for (const topic of resultTopics) fake.put(subjectOf('hs', topic), schemaOf(topic));
    encoder = createRecordEncoder({ format, topicPrefix: 'hs', registry });
    decoder = new RecordDecoder(registry);
    for (const topic of resultTopics) await encoder.prepare(topic);
  });
  afterAll(() => fake.stop());

  it('of metrics is read as it was written', () =>
    fc.assert(
      fc.asyncProperty(arbitraryMetrics, async (record) => {
        expect(await decoder.decodeMetrics(encoder.encodeMetrics(record))).toEqual(record);
      }),
    ));

  it('of events is read as it was written', () =>
    fc.assert(
      fc.asyncProperty(arbitraryEvent, async (event) => {
        expect(await decoder.decodeEvent(encoder.encodeEvent(event))).toEqual(event);
      }),
    ));

  it('has no number that is none', async () => {
    const metrics = new Map([
      ['nan', NaN],
      ['endless', Infinity],
      ['one', 1],
    ]);
    const read = await decoder.decodeMetrics(encoder.encodeMetrics(metricsRecord({ metrics })));
    expect([...read.metrics]).toEqual([['one', 1]]);
  });

  it('may be larger than the one before it', async () => {
    for (const count of [1, 5_000, 3, 80_000]) {
      const metrics = new Map(Array.from({ length: count }, (_, i) => [`metric_${i}`, i]));
      const read = await decoder.decodeMetrics(encoder.encodeMetrics(metricsRecord({ metrics })));
      expect(read.metrics.get(`metric_${count - 1}`)).toBe(count - 1);
    }
  });

  it('cut short, or with one byte changed, is refused or read, and nothing else', () =>
    fc.assert(
      fc.asyncProperty(arbitraryMetrics, fc.nat(), fc.nat({ max: 255 }), async (record, at, byte) => {
        const value = encoder.encodeMetrics(record);
        const cut = value.subarray(0, at % value.length);
        await expect(decoder.decodeMetrics(cut)).rejects.toMatchObject({ name: 'RecordFormatError' });
        const changed = Buffer.from(value);
        changed[5 + (at % (value.length - 5))] = byte;
        await decoder.decodeMetrics(changed).catch((error: unknown) => {
          expect(error).toMatchObject({ name: 'RecordFormatError' });
        });
      }),
    ));

  it('of another topic is refused', async () => {
    await expect(decoder.decodeMetrics(encoder.encodeEvent(haproxyEvent()))).rejects.toMatchObject({
      name: 'RecordFormatError',
    });
    await expect(decoder.decodeEvent(encoder.encodeMetrics(metricsRecord()))).rejects.toMatchObject({
      name: 'RecordFormatError',
    });
  });
});
