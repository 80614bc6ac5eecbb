import { allSemantics, type Semantics } from '@haproxystats/haproxy';
import type { FinishedTable } from '../finished';
import { isPresent, presenceBytes, setPresent, type TableKind } from '../frame';
import { compileDerived } from './compile-derived';
import type { DerivedDefinition, DerivedFault } from './definition-compiler';
import { derivedMetrics } from './derived-metrics';
import { tableKinds } from './known-symbols';
import { metricNames } from './metric-names';
import { symbolOf } from './symbol-of';
import { tokensOf } from './tokens';

type Row = Readonly<Record<string, number>>;

interface Options {
  readonly semantics?: Semantics;
  readonly percentages?: boolean;
  readonly definitions?: readonly DerivedDefinition[];
}

function tableOf(kind: TableKind, rows: readonly Row[]): FinishedTable {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const metrics = names.map((name) => {
    const present = new Uint8Array(presenceBytes(rows.length));
    rows.forEach((row, i) => row[name] !== undefined && setPresent(present, i));
    return { name, field: name, values: Float64Array.from(rows, (row) => row[name] ?? 0), present };
  });
  return { kind, proxies: rows.map((_, i) => `p${i}`), servers: rows.map(() => ''), metrics };
}

/** What is added to each row of the first table. */
function derivedFrom(tables: readonly FinishedTable[], options: Options = {}): Row[] {
  const { semantics = 'exact', percentages = false, definitions = [] } = options;
  const { derived, faults } = compileDerived(definitions, { semantics, percentages });
  expect(faults).toEqual([]);
  const [before] = tables;
  const [after] = derived.apply(tables, { semantics });
  const added = after!.metrics.slice(before!.metrics.length);
  for (const { name, field } of added) expect(field).toBe(name);
  return before!.proxies.map((_, row) =>
    Object.fromEntries(
      added.filter((metric) => isPresent(metric, row)).map(({ name, values }) => [name, values[row]!]),
    ),
  );
}

function faultsOf(
  definitions: readonly DerivedDefinition[],
  semantics: Semantics = 'exact',
): readonly DerivedFault[] {
  return compileDerived(definitions, { semantics, percentages: false }).faults;
}

describe('our own derived metrics', () => {
  const daemon: Row = {
    Idle_pct: 80,
    SslRate: 40,
    SslFrontendKeyRate: 10,
    CurrConns: 1,
    Maxconn: 3,
    ConnRate: 5,
    ConnRateLimit: 0,
    CurrSslConns: 2,
  };

  it('exact: of all processes and of each', () => {
    const expected = { CpuUsagePct: 20, SslFrontendSessionReuse_pct: 75 };
    expect(derivedFrom([tableOf('daemon', [daemon])])).toEqual([expected]);
    expect(derivedFrom([tableOf('process', [daemon, { Idle_pct: 1 }])])).toEqual([
      expected,
      { CpuUsagePct: 99 },
    ]);
  });

  it('exact: percentages with their fraction, where there is a limit', () => {
    expect(derivedFrom([tableOf('daemon', [daemon])], { percentages: true })).toEqual([
      { CpuUsagePct: 20, SslFrontendSessionReuse_pct: 75, ConnPercentage: 100 / 3 },
    ]);
  });

  it.each([
    [{ SslRate: 0, SslFrontendKeyRate: 0 }, {}],
    [{ SslRate: 0, SslFrontendKeyRate: 3 }, {}],
    [{ SslRate: 3, SslFrontendKeyRate: 5 }, { SslFrontendSessionReuse_pct: 0 }],
    [{ SslRate: 3, SslFrontendKeyRate: 0 }, { SslFrontendSessionReuse_pct: 100 }],
    [{ SslRate: 3 }, {}],
  ])('exact: the TLS sessions of %j are reused by %j', (row, expected) => {
    expect(derivedFrom([tableOf('daemon', [row])])).toEqual([expected]);
  });

  it('classic: whole percentages, 0 where there is no limit, and the CPU of each process alone', () => {
    const percentages = { ConnPercentage: 33, ConnRatePercentage: 0 };
    const options = { semantics: 'classic', percentages: true } as const;
    expect(derivedFrom([tableOf('daemon', [daemon])], options)).toEqual([percentages]);
    expect(derivedFrom([tableOf('process', [daemon])], options)).toEqual([
      { CpuUsagePct: 20, ...percentages },
    ]);
    expect(derivedFrom([tableOf('daemon', [daemon])], { semantics: 'classic' })).toEqual([{}]);
  });

  it('exact: ratios since the start, with the percentages', () => {
    const proxy = { cache_hits: 3, cache_lookups: 4, comp_in: 100, comp_out: 30, reuse: 9, connect: 1 };
    const options = { percentages: true };
    expect(derivedFrom([tableOf('backend', [proxy])], options)).toEqual([
      { cache_hit_pct: 75, comp_saved_pct: 70, reuse_pct: 90 },
    ]);
    expect(derivedFrom([tableOf('aggregated-server', [proxy])], options)).toEqual([{ reuse_pct: 90 }]);
    expect(derivedFrom([tableOf('backend', [{ ...proxy, cache_lookups: 0 }])])).toEqual([{}]);
  });

  it('go by the semantics of the frame', () => {
    const { derived } = compileDerived([], { semantics: 'exact', percentages: false });
    const tables = [tableOf('daemon', [daemon])];
    expect(derived.apply(tables, { semantics: 'classic' })).toEqual(tables);
  });

  it.each(allSemantics)('%s: name only what rows of their kinds have', (semantics) => {
    for (const { tables, formula } of derivedMetrics.filter((row) => row.semantics === semantics))
      for (const kind of tables) {
        const names = tokensOf(formula).filter(
          ({ kind: token, text }) => token === 'name' && !/^(max|fix)$/.test(text),
        );
        expect(metricNames(kind, semantics)).toEqual(expect.arrayContaining(names.map(({ text }) => text)));
      }
  });
});

describe('metrics of users', () => {
  const definition = (name: string, formula: string, kind?: string): DerivedDefinition => ({
    name,
    formula,
    kind,
  });

  it('get a value in each row that has all inputs and a finite result', () => {
    const definitions = [definition('ErrorRate', 'hrsp_5xx / req_tot * 100')];
    const rows = [
      { hrsp_5xx: 1, req_tot: 4 },
      { hrsp_5xx: 1, req_tot: 0 },
      { hrsp_5xx: 1 },
      { req_tot: 4 },
      ...Array.from({ length: 9 }, (_, i) => ({ hrsp_5xx: i, req_tot: 10 })),
    ];
    expect(derivedFrom([tableOf('server', rows)], { definitions })).toEqual([
      { ErrorRate: 25 },
      {},
      {},
      {},
      ...Array.from({ length: 9 }, (_, i) => ({ ErrorRate: (i / 10) * 100 })),
    ]);
  });

  it('add no column where no row has a value', () => {
    const definitions = [definition('ratio', 'bin / bout')];
    const { derived } = compileDerived(definitions, { semantics: 'exact', percentages: false });
    for (const row of [{ bin: 1 }, { bin: 1, bout: 0 }, { scur: 1 }]) {
      const table = tableOf('frontend', [row]);
      expect(derived.apply([table], { semantics: 'exact' })[0]).toBe(table);
    }
  });

  it('are computed for all kinds that have the names, or for the given one', () => {
    const any = [definition('busy', 'scur > 10')];
    const given = [definition('busy', 'scur > 10', 'server')];
    const kindsWith = (definitions: readonly DerivedDefinition[]) =>
      tableKinds.filter(
        (kind) => derivedFrom([tableOf(kind, [{ scur: 11 }])], { definitions })[0]!['busy'] === 1,
      );
    const groups = ['frontend-group', 'backend-group', 'server-group'];
    expect(kindsWith(any)).toEqual([
      ...['frontend', 'backend', 'server', 'aggregated-server', 'listener'],
      ...groups,
    ]);
    expect(kindsWith(given)).toEqual(['server', 'aggregated-server', 'server-group']);
  });

  it('can use our own and those above, by symbols where a name is none', () => {
    const definitions = [
      definition('spread', 'Percentile99CpuUsagePct - Percentile25CpuUsagePct'),
      definition('relative', 'spread / CpuUsagePct'),
      definition('files', 'Ulimit_n + Unstoppable_Jobs'),
    ];
    const daemon = tableOf('daemon', [{ Idle_pct: 75, 'Ulimit-n': 100, 'Unstoppable Jobs': 2 }]);
    const processes = tableOf('process', [{ Idle_pct: 70 }, { Idle_pct: 80 }]);
    expect(derivedFrom([daemon, processes], { definitions })[0]).toMatchObject({
      spread: 10,
      relative: 0.4,
      files: 102,
    });
  });

  it('that name a metric of several processes are not computed for each', () => {
    const definitions = [definition('spread', 'Uptime_sec_max - Uptime_sec', 'daemon')];
    const both = { Uptime_sec: 5, Uptime_sec_max: 7 };
    expect(derivedFrom([tableOf('daemon', [both])], { definitions })).toEqual([{ spread: 2 }]);
    expect(derivedFrom([tableOf('process', [{ Uptime_sec: 5 }])], { definitions })).toEqual([{}]);
    expect(metricNames('process', 'exact')).toContain('Uptime_sec');
    expect(metricNames('process', 'exact')).not.toContain('Uptime_sec_max');
  });

  it('win over a column of the same name that HAProxy prints one day', () => {
    const definitions = [definition('news', 'scur + 1'), definition('ratio', 'bin / bout')];
    const { derived } = compileDerived(definitions, { semantics: 'exact', percentages: false });
    const sentOf = (row: Row) =>
      derived
        .apply([tableOf('backend', [row])], { semantics: 'exact' })[0]!
        .metrics.map(({ name, values }) => `${name} ${values[0]}`);
    expect(sentOf({ scur: 1, news: 70 })).toEqual(['scur 1', 'news 2']);
    expect(sentOf({ bin: 1, ratio: 70 })).toEqual(['bin 1']);
  });

  it('know how full the fullest process is where percentages are wanted', () => {
    const definitions = [definition('x', 'ConnPercentage_max / 100', 'daemon')];
    const faults = (semantics: Semantics, percentages: boolean) =>
      compileDerived(definitions, { semantics, percentages }).faults.length;
    expect([faults('exact', true), faults('exact', false), faults('classic', true)]).toEqual([0, 1, 1]);
    const rows = [
      { CurrConns: 1, Maxconn: 4 },
      { CurrConns: 3, Maxconn: 4 },
    ];
    const tables = [tableOf('daemon', [{ CurrConns: 4, Maxconn: 8 }]), tableOf('process', rows)];
    const { derived } = compileDerived(definitions, { semantics: 'exact', percentages: true });
    const values = derived.apply(tables, { semantics: 'exact' })[0]!.metrics.slice(2);
    expect(values.map((metric) => [metric.name, metric.values[0]])).toEqual([
      ['ConnPercentage', 50],
      ['ConnPercentage_max', 75],
      ['x', 0.75],
    ]);
  });

  it('may have one name for several kinds', () => {
    const definitions = [
      definition('load', 'scur / slim', 'server'),
      definition('load', 'rate / rate_max', 'frontend'),
    ];
    expect(faultsOf(definitions)).toEqual([]);
  });

  it('know the metrics that they are given', () => {
    const options = { semantics: 'exact', percentages: false, symbolsOf: () => ['req_tot_rate'] } as const;
    expect(compileDerived([definition('x', 'req_tot_rate * 2')], options).faults).toEqual([]);
    expect(compileDerived([definition('x', 'req_tot * 2')], options).faults).toHaveLength(1);
  });

  it.each([
    [
      'scur',
      'bin',
      "'scur' is the name of another metric of frontend, backend, server, aggregated-server, listener",
    ],
    ['status', 'bin', "'status' is the name of another metric of frontend"],
    ['smax_sum', 'bin', "'smax_sum' is the name of another metric"],
    ['TotalServers', 'bin', "'TotalServers' is the name of another metric of backend"],
    ['ConnPercentage_max', 'Tasks', "'ConnPercentage_max' is the name of another metric of daemon"],
    ['CpuUsagePct', 'Tasks', "'CpuUsagePct' is the name of another metric of daemon, process"],
    ['ConnPercentage', 'Tasks', "'ConnPercentage' is the name of another metric of daemon, process"],
    ['Ulimit_n', 'Tasks', "'Ulimit_n' is the name of another metric of daemon"],
    ['a-b', 'bin', 'letters'],
    ['1a', 'bin', 'letters'],
    ['a b', 'bin', 'letters'],
    ['', 'bin', 'letters'],
    ['größe', 'bin', 'letters'],
    ['and', 'bin', 'a meaning of its own'],
    ['NaN', 'bin', 'a meaning of its own'],
    ['min', 'bin', 'a meaning of its own'],
    ['server', 'qcur', "'server' is a folder in the paths"],
    ['listener', 'conn_tot', "'listener' is a folder in the paths"],
    ['process', 'Tasks', "'process' is a folder in the paths"],
  ])('can not be called %j', (name, formula, message) => {
    const [fault] = faultsOf([definition(name, formula)]);
    expect(fault).toMatchObject({ definition: 0, column: undefined });
    expect(fault!.message).toContain(message);
  });

  it.each([
    [
      '2 * hrsp5xx',
      undefined,
      5,
      "'hrsp5xx': no metric of daemon, process, frontend, backend, server, aggregated-server, listener",
    ],
    ['CurConns + Maxcon', 'daemon', 1, "'CurConns', 'Maxcon': no metric of daemon, process"],
    [
      'scur + Idle_pct',
      'server',
      8,
      "'Idle_pct': no metric of server, aggregated-server, server-group; 'Idle_pct' is one of daemon, process",
    ],
    [
      'scur + Idle_pct',
      undefined,
      8,
      'nothing has all of scur (frontend, backend, server, aggregated-server, listener, frontend-group, backend-group, server-group), Idle_pct (daemon, process)',
    ],
    ['qqqqqq', undefined, 1, 'no metric of'],
    ['pi * scur', undefined, 1, "'pi': no metric of"],
    ['scur +', undefined, 7, 'expected'],
    [
      'scur',
      'proxy',
      undefined,
      "there are no metrics of 'proxy', but of daemon, frontend, backend, server, listener",
    ],
    ['x + 1', undefined, 1, "'x' is defined here or further down"],
    ['scur + y', undefined, 8, "'y' is defined here or further down"],
  ])('%s of %s is refused', (formula, kind, ...expected) => {
    const [fault] = faultsOf([definition('x', formula, kind), definition('y', 'scur')]);
    expect([fault!.column, fault!.message]).toEqual([
      expected[0],
      expect.stringContaining(expected[1] as string),
    ]);
    expect(fault!.definition).toBe(0);
  });

  it('are refused with the symbols that would do in the place of one that means nothing anywhere', () => {
    const unknownIn = (formula: string, kind?: string) =>
      faultsOf([definition('x', formula, kind)])[0]!.unknown;
    expect(unknownIn('2 * Ulimitn', 'daemon')).toMatchObject({ name: 'Ulimitn' });
    expect(unknownIn('2 * Ulimitn', 'daemon')!.known).toEqual(
      expect.arrayContaining(['Ulimit_n', 'CurrConns']),
    );
    expect(unknownIn('2 * Ulimitn', 'daemon')!.known).not.toContain('hrsp_5xx');
    expect(unknownIn('scur + Idle_pct', 'server')).toBeUndefined();
  });

  it('are refused one by one: those that use a refused one have no fault', () => {
    const definitions = [
      definition('a', 'nope +'),
      definition('b', 'scur'),
      definition('c', 'a * b'),
      definition('d', 'c $'),
    ];
    expect(faultsOf(definitions).map((fault) => fault.definition)).toEqual([0, 3]);
  });

  it('that ask for other settings are refused with these', () => {
    const refused = (formula: string, semantics: Semantics, processes = true) =>
      compileDerived([definition('x', formula)], { semantics, percentages: false, processes }).faults.map(
        ({ message }) => message,
      );
    expect(refused('1 - ConnPercentage', 'exact')).toEqual([
      "'ConnPercentage': no metric of daemon, process, frontend, backend, server, aggregated-server, listener, frontend-group, backend-group, server-group; 'ConnPercentage' is there only with 'calculate-percentages = true' in section 'process'",
    ]);
    expect(refused('reuse / 2', 'classic')).toEqual([
      expect.stringMatching(/; 'reuse' is there only with 'semantics = exact' in section 'process'$/),
    ]);
    expect(refused('Tasks - CpuUsagePct', 'classic', false)).toEqual([
      "'CpuUsagePct' is there for single processes only, which are not sent: set 'per-process-metrics = true' in section 'process'",
    ]);
    expect(refused('100 - CpuUsagePct', 'classic')).toEqual([]);
    expect(refused('100 - CpuUsagePct', 'exact', false)).toEqual([]);
    expect(refused('Nbproc * 2', 'exact')).toEqual([expect.stringMatching(/^'Nbproc': no metric of/)]);
  });

  it('know of classic what the original collects', () => {
    expect(faultsOf([definition('x', 'connect + 1')], 'classic')).toHaveLength(1);
    expect(faultsOf([definition('x', 'scur + stot')], 'classic')).toEqual([]);
  });
});

describe('the names in formulas', () => {
  it.each([
    ['25PercentileCpuUsagePct', 'Percentile25CpuUsagePct'],
    ['Ulimit-n', 'Ulimit_n'],
    ['Unstoppable Jobs', 'Unstoppable_Jobs'],
    ['hrsp_5xx', 'hrsp_5xx'],
    ['5', '_5'],
  ])('%s is %s', (metric, symbol) => {
    expect(symbolOf(metric)).toBe(symbol);
  });

  it.each(allSemantics)('%s: are symbols, each of one metric', (semantics) => {
    for (const kind of tableKinds) {
      const symbols = metricNames(kind, semantics).map(symbolOf);
      expect(new Set(symbols).size).toBe(symbols.length);
      for (const symbol of symbols)
        expect(tokensOf(symbol).map((token) => token.kind)).toEqual(['name', 'end']);
    }
  });

  it('are those that rows are sent with', () => {
    expect(metricNames('daemon', 'exact')).toEqual(
      expect.arrayContaining(['Idle_pct', 'Idle_pct_min', 'Ulimit-n']),
    );
    expect(metricNames('daemon', 'exact')).not.toContain('Pid');
    expect(metricNames('server', 'exact')).toEqual(
      expect.arrayContaining(['smax_sum', 'up', 'status_MAINT']),
    );
    expect(metricNames('aggregated-server', 'exact')).toEqual(metricNames('server', 'exact'));
    expect(metricNames('backend', 'classic')).toEqual(expect.arrayContaining(['TotalServers', 'rtime']));
    expect(metricNames('backend', 'classic')).not.toContain('up');
    expect(metricNames('listener', 'classic')).toEqual([]);
  });
});
