import { entityKinds, fieldNamed } from '@haproxystats/haproxy';
import { computedFieldsOf } from '../computed-fields';
import { countersOf, ratesOf, wrappingCounters } from './counters';
import { peakFieldNames, peakMetrics } from './peaks';

describe('the counters whose rates can be told', () => {
  it('that wrap are counters of show info', () => {
    expect([...wrappingCounters].filter((name) => !countersOf('daemon').includes(name))).toEqual([]);
  });
});

describe('the names of rates and peaks', () => {
  it.each(entityKinds)('of a %s are not those of fields, and not each other', (kind) => {
    const names = [...ratesOf(kind, countersOf(kind)), ...peakMetrics(kind)];
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => fieldNamed(kind, name))).toEqual([]);
    expect(peakFieldNames(kind).filter((name) => fieldNamed(kind, name))).toEqual([]);
    expect(computedFieldsOf(kind).filter(({ name }) => names.includes(name))).toEqual([]);
  });
});
