import { haproxyEvent, metricsRecord } from '../../../../test/support/result-records';
import { eventType, metricsType } from '../registry/result-types';
import { wireEvent, wireMetrics } from '../results/wire-values';
import { eventSchema, metricsSchema } from '.';

interface Field {
  readonly name: string;
  readonly doc?: string;
  readonly default?: unknown;
  readonly type: unknown;
}

/** All fields, those of records within records too, by their paths. */
function fieldsOf(schema: object, path = ''): [string, Field][] {
  const { fields, items, type } = schema as { fields?: Field[]; items?: object; type?: object };
  const inner = [items, type].filter((each) => typeof each === 'object');
  return [
    ...(fields ?? []).map((field): [string, Field] => [`${path}${field.name}`, field]),
    ...(fields ?? []).flatMap((field) => fieldsOf(field, `${path}${field.name}.`)),
    ...inner.flatMap((each) => fieldsOf(each, path)),
  ];
}

describe.each([
  ['metrics.v1', metricsSchema],
  ['event.v1', eventSchema],
])('the schema of %s', (_, schema) => {
  it('has a doc and a default for every field, so that fields can be added and left out', () => {
    const fields = fieldsOf(schema);
    expect(fields.length).toBeGreaterThan(9);
    const lacking = fields.filter(([, field]) => !field.doc || !Object.hasOwn(field, 'default'));
    expect(lacking.map(([path]) => path)).toEqual([]);
  });

  it('has no enum: a symbol that is added would break old readers', () => {
    expect(JSON.stringify(schema)).not.toContain('"enum"');
  });
});

describe('the schemas', () => {
  it('have all fields of the records, and no others', () => {
    const metrics = wireMetrics(metricsRecord());
    const named = (schema: { fields: object[] }) => schema.fields.map((field) => (field as Field).name);
    expect(named(metricsSchema).sort()).toEqual(Object.keys(metrics).sort());
    expect(named(eventSchema).sort()).toEqual(Object.keys(wireEvent(haproxyEvent())).sort());
    const strict = { noUndeclaredFields: true };
    expect(metricsType().isValid(metrics, strict)).toBe(true);
    expect(eventType().isValid(wireEvent(haproxyEvent()), strict)).toBe(true);
  });
});
