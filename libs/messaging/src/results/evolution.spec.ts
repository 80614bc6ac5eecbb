import { Type } from 'avsc';
import { FakeClock } from '../../../../test/support/fake-clock';
import { FakeRegistry } from '../../../../test/support/fake-registry';
import { metricsRecord } from '../../../../test/support/result-records';
import { writeHeader } from '../registry/wire-format';
import { metricsSchema, type ResultSchema } from '../schemas';
import { RecordDecoder } from './record-decoder';
import { wireMetrics } from './wire-values';

describe('records of other versions', () => {
  const fake = new FakeRegistry();
  const clock = new FakeClock();
  let decoder: RecordDecoder;

  beforeAll(async () => {
    decoder = new RecordDecoder({ url: await fake.start() }, clock);
  });
  afterAll(() => fake.stop());

  function written(schema: object, value: object): Buffer {
    const id = fake.put('s', schema);
    const body = Type.forSchema(schema as ResultSchema as Parameters<typeof Type.forSchema>[0]).toBuffer(
      value,
    );
    const header = Buffer.alloc(5);
    writeHeader(header, id);
    return Buffer.concat([header, body]);
  }

  const wire = wireMetrics(metricsRecord());
  const withField = (field: object): ResultSchema => ({
    ...metricsSchema,
    fields: [...metricsSchema.fields, field],
  });
  const withoutField = (name: string): ResultSchema => ({
    ...metricsSchema,
    fields: metricsSchema.fields.filter((field) => (field as { name: string }).name !== name),
  });

  it('with a newer field are read without it', async () => {
    const schema = withField({ name: 'site', type: { type: 'array', items: 'string' }, default: [] });
    const read = await decoder.decodeMetrics(written(schema, { ...wire, site: ['a', 'b'] }));
    expect(read).toEqual(metricsRecord());
    const json = Buffer.from(JSON.stringify({ ...wire, site: ['a', 'b'] }));
    expect(await decoder.decodeMetrics(json)).toEqual(metricsRecord());
  });

  it('of an older writer have defaults for what it did not know', async () => {
    const older = Object.fromEntries(Object.entries(wire).filter(([name]) => name !== 'listeners'));
    const read = await decoder.decodeMetrics(written(withoutField('listeners'), older));
    expect(read).toEqual(metricsRecord());
    expect(await decoder.decodeMetrics(Buffer.from(JSON.stringify(older)))).toEqual(metricsRecord());
  });

  it('by a schema that does not fit are refused, with its id', async () => {
    const schema = {
      ...withoutField('slot'),
      fields: [...withoutField('slot').fields, { name: 'slot', type: 'string' }],
    };
    const value = written(schema, { ...wire, slot: 'noon' });
    await expect(decoder.decodeMetrics(value)).rejects.toThrow(
      /schema id \d+ \(haproxystats\.MetricsRecord\)/,
    );
  });

  it('ask the registry once for a schema, however many come at a time', async () => {
    const value = written(withField({ name: 'once', type: 'int', default: 0 }), { ...wire, once: 1 });
    const before = fake.requests.length;
    await Promise.all(Array.from({ length: 20 }, () => decoder.decodeMetrics(value)));
    await decoder.decodeMetrics(value);
    expect(fake.requests.length - before).toBe(1);
  });

  it('by a schema that nobody knows are refused with its id, and asked for again after a second', async () => {
    const value = written(withField({ name: 'lost', type: 'int', default: 0 }), { ...wire, lost: 1 });
    const { length } = fake.versions;
    const [lost] = fake.versions.splice(length - 1);
    const before = fake.requests.length;
    for (let n = 0; n < 3; n++)
      await expect(decoder.decodeMetrics(value)).rejects.toMatchObject({
        name: 'RegistryFault',
        message: expect.stringMatching(
          /^schema id \d+: the schema registry http:\S+ does not know it/,
        ) as string,
      });
    expect(fake.requests.length - before).toBe(1);
    fake.versions.push(lost!);
    await clock.advance(1_001);
    expect(await decoder.decodeMetrics(value)).toEqual(metricsRecord());
  });

  it('of hundreds of schemas are all read, and not all of these are kept', async () => {
    const values = Array.from({ length: 100 }, (_, n) =>
      written(withField({ name: `field_${n}`, type: 'int', default: 0 }), { ...wire, [`field_${n}`]: 1 }),
    );
    const before = fake.requests.length;
    for (const value of [...values, ...values]) await decoder.decodeMetrics(value);
    expect(fake.requests.length - before).toBeGreaterThan(100);
    for (const value of values.slice(-50)) await decoder.decodeMetrics(value);
    expect(fake.requests.length - before).toBe(200);
  });

  it('in Avro are refused where no registry is named', async () => {
    await expect(new RecordDecoder().decodeMetrics(written(metricsSchema, wire))).rejects.toThrow(
      /the record is in Avro, and no schema registry is named/,
    );
  });
});
