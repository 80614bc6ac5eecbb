import type { FinishedFrame, FrameHead, Table } from '@haproxystats/metrics';
import fc from 'fast-check';
import { plain, type PlainRecord } from '../../../../test/support/fake-encoder';
import { column } from '../../../../test/support/frame-column';
import { frameHead, tableOf } from '../../../../test/support/frames';
import { graphiteConfig } from '../../../../test/support/graphite-config';
import { RecordedLog } from '../../../../test/support/recorded-log';
import { FakeClock } from '../../../../test/support/fake-clock';
import { FrameFinisher } from '../frame-finisher';
import { metricsRecords } from './metrics-records';

const config = graphiteConfig({ address: { host: '127.0.0.1', port: 1 } }).finish;
const finisher = new FrameFinisher(
  { ...config, processes: true },
  {
    clock: new FakeClock(),
    logger: new RecordedLog().logger,
  },
);

const finished = (tables: readonly Table[], head: FrameHead = frameHead()): FinishedFrame =>
  finisher.finish({ head, tables });

const recordsOf = (...parts: readonly FinishedFrame[]): PlainRecord[] =>
  [...metricsRecords(parts)].map(plain);

/** The rows with their number as their sessions. */
const rows = (kind: Table['kind'], names: readonly string[]): Table =>
  tableOf(kind, names, [
    column(
      'stot',
      'sum',
      names.map((_, row) => row + 1),
    ),
  ]);

describe('metricsRecords', () => {
  it('makes a record of each proxy, with its servers and listeners', () => {
    const records = recordsOf(
      finished([
        rows('frontend', ['web', 'tcp']),
        rows('listener', ['web/a', 'tcp/b', 'web/c']),
        rows('backend', ['app', 'web']),
        rows('server', ['app/s1', 'web/s1', 'app/s2']),
      ]),
    );
    const shown = records.map(({ kind, proxy, metrics, servers, listeners }) => ({
      name: `${kind} ${proxy}`,
      stot: metrics['stot'],
      nested: [...servers, ...listeners].map(({ name, metrics: own }) => `${name} ${own['stot']}`),
    }));
    expect(shown).toEqual([
      { name: 'frontend web', stot: 1, nested: ['a 1', 'c 3'] },
      { name: 'frontend tcp', stot: 2, nested: ['b 2'] },
      { name: 'backend app', stot: 1, nested: ['s1 1', 's2 3'] },
      { name: 'backend web', stot: 2, nested: ['s1 2'] },
    ]);
  });

  it('makes one of the daemon, of each process, of a server across backends and of a group', () => {
    const uptime = (kind: Table['kind'], names: string[]): Table =>
      tableOf(kind, names, [
        column(
          'CurrConns',
          'sum',
          names.map(() => 7),
        ),
      ]);
    const records = recordsOf(
      finished([
        uptime('daemon', ['']),
        uptime('process', ['/run/a.sock', 'h:1']),
        rows('aggregated-server', ['/s1', '/s2']),
        rows('backend-group', ['shop']),
      ]),
    );
    expect(records.map(({ kind, proxy }) => `${kind} ${proxy}`)).toEqual([
      'daemon ',
      'process /run/a.sock',
      'process h:1',
      'aggregated-server s1',
      'aggregated-server s2',
      'backend-group shop',
    ]);
    expect(records[0]!.metrics).toEqual({ CurrConns: 7 });
    expect(records[4]!.metrics).toEqual({ stot: 2 });
  });

  it('says of what, of when and how complete it is', () => {
    const head = frameHead({ coverage: { covered: 3, expected: 4 } });
    expect(recordsOf(finished([rows('frontend', ['web'])], head))).toEqual([
      {
        scope: 'node',
        cluster: 'eu',
        node: 'lb1.example.com',
        kind: 'frontend',
        proxy: 'web',
        slot: 1_700_000_010_000,
        interval_ms: 10_000,
        coverage: {
          covered: 3,
          expected: 4,
          nodes_seen: 1,
          nodes_expected: 1,
          complete: false,
          late: false,
        },
        part: 0,
        parts: 1,
        metrics: { stot: 1 },
        servers: [],
        listeners: [],
      },
    ]);
  });

  it('says of a cluster how many nodes are in, and is complete only with all of them', () => {
    const nodes = { seen: 2, expected: 3, missing: ['c'], keptOut: [] };
    const head = frameHead({ scope: 'cluster', node: '', nodes, late: true });
    const [record] = recordsOf(finished([rows('frontend', ['web'])], head));
    expect(record).toMatchObject({
      scope: 'cluster',
      node: '',
      coverage: { nodes_seen: 2, nodes_expected: 3, complete: false, late: true },
    });
    const whole = { ...head, nodes: { ...nodes, seen: 3, missing: [] } };
    expect(recordsOf(finished([rows('frontend', ['web'])], whole))[0]!.coverage.complete).toBe(true);
  });

  it('takes a proxy of which only servers are there, with no metrics of its own', () => {
    const [record] = recordsOf(finished([rows('server', ['gone/s1'])]));
    expect(record).toMatchObject({ kind: 'backend', proxy: 'gone', metrics: {} });
    expect(record!.servers).toEqual([{ name: 's1', metrics: { stot: 1 } }]);
  });

  it('leaves out numbers that are not there or not finite, and the second of two with one name', () => {
    const table: Table = tableOf(
      'frontend',
      ['a', 'b', 'c', 'd'],
      [
        column('stot', 'sum', [1, undefined, Infinity, NaN]),
        column({ name: 'smax', rule: 'range' }, 'max', [5, 5, 5, 5]),
        column({ name: 'smax', rule: 'range' }, 'sum', [6, 6, 6, -Infinity]),
        column({ name: 'smax_sum', rule: 'sum' }, 'sum', [9, 9, 9, 9]),
      ],
    );
    expect(recordsOf(finished([table])).map(({ metrics }) => metrics)).toEqual([
      { stot: 1, smax: 5, smax_sum: 6 },
      { smax: 5, smax_sum: 6 },
      { smax: 5, smax_sum: 6 },
      { smax: 5 },
    ]);
  });

  it('takes names of any kind', () => {
    const names = ['__proto__', 'constructor', 'a/b', 'é\u{1f600}', ''];
    const tables = [
      rows(
        'backend',
        names.filter((name) => name !== 'a/b'),
      ),
    ];
    expect([...metricsRecords([finished(tables)])].map(({ proxy }) => proxy)).toEqual([
      '__proto__',
      'constructor',
      'é\u{1f600}',
      '',
    ]);
  });

  it('makes nothing of no parts, and of a frame without rows', () => {
    expect(recordsOf()).toEqual([]);
    expect(recordsOf(finished([]), finished([rows('backend', [])]))).toEqual([]);
  });

  it('makes the same of a frame however its tables are cut into parts, and whatever comes first', () => {
    const proxies = ['a', 'b', 'c', 'd', 'e'];
    const servers = proxies.flatMap((proxy) => [1, 2, 3].map((number) => `${proxy}/s${number}`));
    const tables = [rows('backend', proxies), rows('server', servers), rows('listener', servers)];
    const whole = sorted(recordsOf(finished(tables)));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(), (parts, seed) => {
        const cut = Array.from({ length: parts }, (_, part) =>
          finished(tables.map((table) => shareOf(table, part, parts))),
        );
        const shuffled = cut.map((part, i) => ({ part, at: (i * 7 + seed) % parts }));
        shuffled.sort((x, y) => x.at - y.at);
        expect(sorted(recordsOf(...shuffled.map(({ part }) => part)))).toEqual(whole);
      }),
    );
  });
});

function sorted(records: readonly PlainRecord[]): PlainRecord[] {
  const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
  return records
    .map((record) => ({
      ...record,
      servers: [...record.servers].sort(byName),
      listeners: [...record.listeners].sort(byName),
    }))
    .sort((a, b) => (`${a.kind} ${a.proxy}` < `${b.kind} ${b.proxy}` ? -1 : 1));
}

/** Rows of a table as a part of its frame has them. */
function shareOf(table: Table, part: number, parts: number): Table {
  const rowsOfPart = [...table.proxies.keys()].filter(
    (row) => Math.floor((row * parts) / table.proxies.length) === part,
  );
  const name = (row: number): string => [table.proxies[row], table.servers[row]].filter(Boolean).join('/');
  const [stot] = table.columns;
  return tableOf(table.kind, rowsOfPart.map(name), [
    column(
      'stot',
      'sum',
      rowsOfPart.map((row) => stot!.values[row]),
    ),
  ]);
}
