import { entityKinds, fieldNamed, fieldsOf, ruleOf } from '@haproxystats/haproxy';
import { loadSettings } from '@haproxystats/runtime';
import { computedFieldsOf } from '../computed-fields';
import { countersOf, ratesOf, wrappingCounters } from './counters';
import { peakFieldNames, peakMetrics } from './peaks';

describe('the counters whose rates can be told', () => {
  it('are by default those of the original', () => {
    const ofOriginal = entityKinds.flatMap((kind) =>
      fieldsOf(kind)
        .filter((field) => field.nature === 'counter' && ruleOf(field, kind, 'classic') !== undefined)
        .filter((field) => countersOf(kind).includes(field.name))
        .map(({ name }) => name),
    );
    const { 'rate-fields': rates } = loadSettings({ env: {} }).settings.process;
    expect(rates.toSorted()).toEqual([...new Set(ofOriginal)].toSorted());
  });

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
