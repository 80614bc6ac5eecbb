import { fields } from '@haproxystats/haproxy';
import { fieldMetrics } from './field-metrics';

describe('fieldMetrics', () => {
  const byName = new Map(fieldMetrics().map((field) => [field.name, field]));

  it('has every row of the catalogue, and none that is sent as nothing', () => {
    expect(fieldMetrics().map(({ name }) => name)).toEqual(fields.map(({ name }) => name));
    expect(fieldMetrics().filter(({ metrics }) => metrics.length === 0)).toEqual([]);
  });

  it.each([
    ['stot', ['stot']],
    ['Idle_pct', ['Idle_pct']],
    ['rtime', ['rtime']],
    ['smax', ['smax', 'smax_sum']],
    ['MaxConnRate', ['MaxConnRate', 'MaxConnRate_sum']],
  ])('knows what %s becomes', (name, metrics) => {
    expect(byName.get(name)?.metrics).toEqual(metrics);
  });
});
