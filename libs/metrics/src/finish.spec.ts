import { ruleFacts, rules, type Form, type Rule } from '@haproxystats/haproxy';
import { column } from '../../../test/support/frame-column';
import { finishTable } from './finish';
import { isPresent, type Column, type Table } from './frame';

type Cells = readonly (number | undefined)[];

function tableOf(columns: readonly Column[]): Table {
  const rows = Array.from({ length: columns[0]?.values.length ?? 0 }, (_, row) => `p${row}`);
  return { kind: 'backend', proxies: rows, servers: rows.map(() => ''), columns, texts: [] };
}

/** A metric's cells by its name, blanks as undefined. */
function finished(rule: Rule, parts: Partial<Record<Column['part'], Cells>>): Record<string, Cells> {
  const columns = Object.entries(parts).map(([part, cells]) =>
    column({ name: 'x', rule }, part as Column['part'], cells),
  );
  return Object.fromEntries(
    finishTable(tableOf(columns), 10_000).metrics.map((metric) => [
      metric.name,
      [...metric.values].map((value, row) => (isPresent(metric, row) ? value : undefined)),
    ]),
  );
}

describe('finishTable', () => {
  it.each<[Rule, Partial<Record<Column['part'], Cells>>, Record<string, Cells>]>([
    ['sum', { sum: [1, undefined] }, { x: [1, undefined] }],
    ['range', { max: [5], sum: [8] }, { x: [5], x_sum: [8] }],
    ['minMaxMean', { min: [1], max: [5], sum: [6], count: [2] }, { x: [1], x_max: [5], x_mean: [3] }],
    ['requests', { sum: [10, 0, 5], weight: [4, 0, undefined] }, { x: [2.5, undefined, undefined] }],
    ['limit', { sum: [10, 20, undefined], unlimited: [0, 1, 2] }, { x: [10, undefined, undefined] }],
    ['same', { min: [3, 3, undefined], max: [3, 4, undefined] }, { x: [3, undefined, undefined] }],
    [
      'throttle',
      { min: [30, undefined], sum: [130, 200], count: [2, 2] },
      { x: [30, undefined], x_mean: [65, undefined] },
    ],
    ['bits', { bits: [6] }, { x: [6] }],
    ['rate', { sum: [45, undefined] }, { x: [4.5, undefined] }],
    ['label', { max: [7] }, {}],
  ])('makes of the parts of rule %s its metrics', (rule, parts, metrics) => {
    expect(finished(rule, parts)).toEqual(metrics);
  });

  it('sends nothing of a form whose parts are not all there', () => {
    expect(finished('range', { sum: [8] })).toEqual({ x_sum: [8] });
    expect(finished('mean', { sum: [8] })).toEqual({});
    expect(finished('throttle', { sum: [200], count: [2] })).toEqual({});
    expect(finished('threads', { sum: [200], weight: [2] })).toEqual({});
    expect(finished('limit', { sum: [8] })).toEqual({});
    expect(finished('same', { max: [8] })).toEqual({});
  });

  it('knows of each metric the field it comes from, and keeps names', () => {
    const table = tableOf([
      column('smax', 'max', [5]),
      column('smax', 'sum', [8]),
      column('scur', 'sum', [3]),
    ]);
    const { metrics, ...rest } = finishTable(table, 10_000);
    expect(metrics.map(({ name, field }) => `${name} ${field}`)).toEqual([
      'smax smax',
      'smax_sum smax',
      'scur scur',
    ]);
    expect(rest).toEqual({ kind: 'backend', proxies: ['p0'], servers: [''] });
  });

  it('of a single process has what carries the name of the field alone', () => {
    const columns = [
      column('Uptime_sec', 'min', [5]),
      column('Uptime_sec', 'max', [5]),
      column('MaxConnRate', 'max', [8]),
      column('MaxConnRate', 'sum', [8]),
    ];
    const names = (kind: Table['kind']) =>
      finishTable({ ...tableOf(columns), kind }, 10_000).metrics.map(({ name }) => name);
    expect(names('process')).toEqual(['Uptime_sec', 'MaxConnRate']);
    expect(names('daemon')).toEqual(['Uptime_sec', 'Uptime_sec_max', 'MaxConnRate', 'MaxConnRate_sum']);
  });

  it('copies no numbers where a metric is a part', () => {
    const sum = column('scur', 'sum', [1, 2]);
    expect(finishTable(tableOf([sum]), 10_000).metrics[0]?.values).toBe(sum.values);
  });

  it('ignores an unknown rule, and a second rule of a field', () => {
    const columns = [
      column({ name: 'x', rule: 'median' as Rule }, 'sum', [1]),
      column({ name: 'y', rule: 'sum' }, 'sum', [1]),
      column({ name: 'y', rule: 'max' }, 'max', [2]),
    ];
    expect(
      finishTable(tableOf(columns), 10_000).metrics.map(({ name, values }) => [name, ...values]),
    ).toEqual([['y', 1]]);
  });

  it('has what it takes for every metric of every rule', () => {
    const needed: Readonly<Record<Form, readonly Column['part'][]>> = {
      sum: ['sum'],
      max: ['max'],
      min: ['min'],
      bits: ['bits'],
      perSecond: ['sum'],
      exactMax: ['max', 'inexact'],
      exactSum: ['sum', 'inexact'],
      mean: ['sum'],
      limit: ['sum', 'unlimited'],
      same: ['min', 'max'],
    };
    for (const rule of Object.keys(rules) as Rule[]) {
      const parts = Object.keys(ruleFacts[rule].steps);
      for (const [, form] of ruleFacts[rule].metrics)
        expect(parts).toEqual(expect.arrayContaining([...needed[form]]));
    }
  });
});
