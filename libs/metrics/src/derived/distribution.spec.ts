import type { FinishedTable, Metric } from '../finished';
import { presenceBytes, setPresent, type TableKind } from '../frame';
import { distributionMetrics, percentileIndex, withDistribution } from './distribution';

function metricOf(name: string, values: readonly (number | undefined)[]): Metric {
  const present = new Uint8Array(presenceBytes(values.length));
  values.forEach((value, row) => value !== undefined && setPresent(present, row));
  return { name, field: name, values: Float64Array.from(values, (value) => value ?? 0), present };
}

function tableOf(kind: TableKind, values: readonly (number | undefined)[]): FinishedTable {
  const names = values.map((_, row) => String(row));
  return { kind, proxies: names, servers: names.map(() => ''), metrics: [metricOf('CpuUsagePct', values)] };
}

function distributionOf(...values: (number | undefined)[]): Record<string, number> {
  const tables = withDistribution([tableOf('daemon', [50]), tableOf('process', values)], 'exact');
  const added = tables.find(({ kind }) => kind === 'daemon')!.metrics.slice(1);
  return Object.fromEntries(added.map((metric) => [metric.name, metric.values[0]!]));
}

describe('the distribution over processes', () => {
  it('has the values of processes, and the deviation of a sample', () => {
    expect(distributionOf(40, 10, 30, 20, 100)).toEqual({
      '25PercentileCpuUsagePct': 20,
      '50PercentileCpuUsagePct': 30,
      '75PercentileCpuUsagePct': 40,
      '95PercentileCpuUsagePct': 100,
      '99PercentileCpuUsagePct': 100,
      StdCpuUsagePct: Math.sqrt((0 + 900 + 100 + 400 + 3600) / 4),
    });
  });

  it('passes over processes without a value, and is not there for less than two', () => {
    expect(distributionOf(undefined, 7, undefined, 9)).toMatchObject({
      '25PercentileCpuUsagePct': 7,
      '99PercentileCpuUsagePct': 9,
      StdCpuUsagePct: Math.SQRT2,
    });
    expect(distributionOf(undefined, 7)).toEqual({});
    expect(distributionOf()).toEqual({});
  });

  it('sorts numbers, not their digits', () => {
    expect(distributionOf(100, 9, 20)['50PercentileCpuUsagePct']).toBe(20);
  });

  it('comes to the daemon table alone', () => {
    const processes = tableOf('process', [1, 2]);
    const frontends = tableOf('frontend', [1, 2]);
    expect(withDistribution([processes, frontends], 'exact')).toEqual([processes, frontends]);
    expect(withDistribution([frontends, tableOf('daemon', [1])], 'exact')).toHaveLength(2);
  });

  it('is in the table of what there is', () => {
    const ofUsage = distributionMetrics.filter(({ input }) => input === 'CpuUsagePct');
    expect(ofUsage.map(({ name }) => name)).toEqual(Object.keys(distributionOf(1, 2)));
  });

  describe('of percentages', () => {
    const fullness = (...values: (number | undefined)[]): FinishedTable[] => [
      { ...tableOf('daemon', [50]), metrics: [] },
      { ...tableOf('process', values), metrics: [metricOf('SslConnPercentage', values)] },
    ];

    it.each([
      [[40, 9, 100, undefined], 100],
      [[0, undefined], 0],
      [[7], 7],
    ])('has the fullest of %j', (values, largest) => {
      const [daemon] = withDistribution(fullness(...values), 'exact');
      expect(daemon!.metrics).toEqual([
        { ...metricOf('SslConnPercentage_max', [largest]), field: 'SslConnPercentage' },
      ]);
    });

    it('says nothing where no process has a limit, and nothing that the original does not say', () => {
      expect(withDistribution(fullness(undefined), 'exact')[0]!.metrics).toEqual([]);
      expect(withDistribution(fullness(40), 'classic')[0]!.metrics).toEqual([]);
    });

    it('has one for each', () => {
      const names = distributionMetrics.filter(({ option }) => option).map(({ name }) => name);
      expect(names).toEqual([
        'ConnPercentage_max',
        'ConnRatePercentage_max',
        'SslConnPercentage_max',
        'SslRatePercentage_max',
      ]);
    });
  });
});

describe('percentileIndex', () => {
  /** With whole numbers: (n - 1) * percent hundredths, rounded by comparing twice the rest with a hundred. */
  function byHundredths(n: number, percent: number): number {
    const hundredths = (n - 1) * percent;
    const rest = hundredths % 100;
    const below = (hundredths - rest) / 100;
    if (2 * rest === 100) return below % 2 === 0 ? below : below + 1;
    return 2 * rest < 100 ? below : below + 1;
  }

  it('is the nearest, of two the even one, for 1 to 1000 values', () => {
    for (const percent of [25, 50, 75, 95, 99])
      for (let n = 1; n <= 1000; n++) expect(percentileIndex(n, percent)).toBe(byHundredths(n, percent));
  });

  it.each([
    [2, 50, 0],
    [4, 50, 2],
    [3, 25, 0],
    [7, 25, 2],
    [11, 95, 10],
    [31, 95, 28],
    [51, 99, 50],
    [129, 99, 127],
  ])('of %d values at %d %% is %d', (n, percent, index) => {
    expect(percentileIndex(n, percent)).toBe(index);
  });
});
