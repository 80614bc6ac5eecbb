import { compileDerived, type FrameHead, type Table } from '@haproxystats/metrics';
import { FakeClock } from '../../../../test/support/fake-clock';
import { column } from '../../../../test/support/frame-column';
import { frameHead, tableOf } from '../../../../test/support/frames';
import { graphiteConfig } from '../../../../test/support/graphite-config';
import { RecordedLog } from '../../../../test/support/recorded-log';
import type { FinishConfig } from '../frame-finisher';
import { GraphiteLines, type GraphiteLinesConfig } from './graphite-lines';

const plain = graphiteConfig({ address: { host: '127.0.0.1', port: 1 } });
const finish: FinishConfig = {
  ...plain.finish,
  derived: compileDerived([], { semantics: 'exact', percentages: false }).derived,
};

/** All is there. */
const complete: Partial<FrameHead> = {
  scope: 'cluster',
  cluster: 'eu.west',
  node: '',
  coverage: { covered: 4, expected: 4 },
  nodes: { seen: 2, expected: 2, missing: [], keptOut: [] },
};

const partial: Partial<FrameHead> = {
  ...complete,
  coverage: { covered: 1, expected: 4 },
  nodes: { seen: 1, expected: 3, missing: ['lb2'], keptOut: [{ node: 'lb3', reason: 'clock' }] },
  missing: [{ process: 'lb1 /run/b.sock', reason: 'timeout' }],
};

const tables: readonly Table[] = [
  tableOf('daemon', [''], [column('CurrConns', 'sum', [7])]),
  tableOf('process', ['lb1 /run/a.sock', 'lb2 /run/a.sock'], [column('CurrConns', 'sum', [3, 4])]),
  tableOf(
    'backend',
    ['shop'],
    [
      column('stot', 'sum', [9]),
      column({ name: 'nodes', rule: 'max' }, 'max', [2]),
      column({ name: 'drift', rule: 'max' }, 'max', [0]),
    ],
  ),
  tableOf('backend-group', ['All'], [column('stot', 'sum', [9])]),
];

describe('lines of a cluster', () => {
  let log: RecordedLog;
  let withheld: number;

  beforeEach(() => {
    log = new RecordedLog();
    withheld = 0;
  });

  function open(change: Partial<GraphiteLinesConfig> = {}): GraphiteLines {
    const ports = { clock: new FakeClock(), logger: log.logger, onWithheld: () => withheld++ };
    return new GraphiteLines({ ...plain, finish, ...change }, { ...ports, wallClock: false });
  }

  /** Without their timestamps. */
  function linesOf(
    lines: GraphiteLines,
    change: Partial<FrameHead>,
    { part, parts } = { part: 0, parts: 1 },
  ): string[] {
    const blocks = [...lines.of({ part, parts, frame: { head: frameHead(change), tables } })];
    const text = blocks.map(({ bytes }) => bytes.toString()).join('');
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => line.replace(/ \d+$/, ''));
  }

  const coverageOf = (...values: readonly number[]): string[] =>
    ['covered', 'expected', 'nodes_seen', 'nodes_expected', 'complete', 'late'].map(
      (name, i) => `lb.clusters.eu_west.haproxy.coverage.${name} ${values[i]!}`,
    );

  it('stand below its name, with its coverage in processes and nodes', () => {
    expect(linesOf(open(), complete)).toEqual([
      ...coverageOf(4, 4, 2, 2, 1, 0),
      'lb.clusters.eu_west.haproxy.daemon.CurrConns 7',
      'lb.clusters.eu_west.haproxy.backend.shop.stot 9',
      'lb.clusters.eu_west.haproxy.backend.shop.nodes 2',
      'lb.clusters.eu_west.haproxy.backend.shop.drift 0',
      'lb.clusters.eu_west.haproxy.group.All.backend.stot 9',
      'lb.clusters.eu_west.haproxy.haproxystats.MetricsHAProxy 2',
      'lb.clusters.eu_west.haproxy.haproxystats.MetricsFrontend 1',
      'lb.clusters.eu_west.haproxy.haproxystats.MetricsBackend 5',
      'lb.clusters.eu_west.haproxy.haproxystats.MetricsServer 1',
    ]);
  });

  it('are not touched by what is set about the names of nodes, nor have they single processes', () => {
    const names = { ...plain.names, prefixHostname: false, fqdn: false };
    const lines = open({ names, finish: { ...finish, processes: true } });
    expect(linesOf(lines, complete)).toEqual(linesOf(open(), complete));
  });

  it('of members of a group stand below the group', () => {
    const shops = { name: 'shops', pattern: 'shop', expression: /shop/ };
    const groups = { 'frontend-groups': [], 'backend-groups': [shops], 'server-groups': [] };
    const lines = open({ groups: { namespace: 'by', doubleWrites: false, groups } });
    expect(linesOf(lines, complete).filter((line) => line.includes('.stot'))).toEqual([
      'lb.clusters.eu_west.haproxy.by.shops.backend.shop.stot 9',
      'lb.clusters.eu_west.haproxy.group.All.backend.stot 9',
    ]);
  });

  it.each<[Partial<FrameHead>, readonly number[]]>([
    [partial, [1, 4, 1, 3, 0, 0]],
    [{ ...complete, late: true }, [4, 4, 2, 2, 1, 1]],
    [{ ...complete, nodes: { ...complete.nodes!, expected: 3 } }, [4, 4, 2, 3, 0, 0]],
    [{ ...complete, coverage: { covered: 3, expected: 4 } }, [3, 4, 2, 2, 0, 0]],
  ])('say what is missing: %j', (change, values) => {
    const lines = linesOf(open(), change);
    expect(lines.slice(0, 6)).toEqual(coverageOf(...values));
    expect(lines).toContain('lb.clusters.eu_west.haproxy.backend.shop.stot 9');
    expect(withheld).toBe(0);
  });

  it('have their coverage with classic semantics too, and are sent when they are partial', () => {
    const lines = linesOf(open(), { ...partial, semantics: 'classic' });
    expect(lines.slice(0, 6)).toEqual(coverageOf(1, 4, 1, 3, 0, 0));
    expect(lines).toContain('lb.clusters.eu_west.haproxy.backend.shop.stot 9');
  });

  it.each(['withhold', 'withhold-cluster'] as const)(
    'are with partial = %s sent once they are complete',
    (word) => {
      const lines = open({ partial: word });
      for (let slot = 0; slot < 2; slot++)
        expect(linesOf(lines, partial)).toEqual(coverageOf(1, 4, 1, 3, 0, 0));
      expect(linesOf(lines, partial, { part: 1, parts: 2 })).toEqual([]);
      expect(withheld).toBe(2);
      const late = linesOf(lines, { ...complete, late: true });
      expect(late.slice(0, 6)).toEqual(coverageOf(4, 4, 2, 2, 1, 1));
      expect(late.slice(6)).toEqual(linesOf(open(), complete).slice(6));
      expect(log.texts()).toEqual([
        'cluster eu.west: its polls are not sent while they have 1 of 4 processes of 1 of 3 nodes, without lb2, lb3 (clock), lb1 /run/b.sock (timeout). With [graphite] partial = send they would be',
        'cluster eu.west: its polls are sent again',
      ]);
    },
  );

  it.each([
    ['send', 1],
    ['withhold-cluster', 1],
    ['withhold', 0],
  ] as const)('of a partial node are with partial = %s sent: %d', (word, sent) => {
    const head = { coverage: { covered: 1, expected: 2 }, missing: partial.missing! };
    const found = linesOf(open({ partial: word }), head);
    expect(found.slice(0, 6).map((line) => line.replace(/^.*\./, ''))).toEqual([
      ...['covered 1', 'expected 2', 'nodes_seen 1', 'nodes_expected 1', 'complete 0', 'late 0'],
    ]);
    expect(found.filter((line) => line.endsWith('shop.stot 9'))).toHaveLength(sent);
    expect(withheld).toBe(1 - sent);
  });

  it('of several clusters, and of nodes, go to paths of their own', () => {
    const lines = open();
    const heads: Partial<FrameHead>[] = [
      complete,
      { ...complete, cluster: 'haproxy' },
      { ...complete, cluster: 'clusters' },
      { node: 'clusters' },
      { node: 'haproxy' },
      { node: 'eu.west' },
    ];
    const all = heads.flatMap((head) => linesOf(lines, head).map((line) => line.replace(/ \S+$/, '')));
    expect(new Set(all).size).toBe(all.length);
  });

  it('of a cluster merged with other semantics are named as such', () => {
    linesOf(open(), { ...complete, semantics: 'classic' });
    expect(log.texts('warn')[0]).toMatch(
      /^cluster eu\.west: its frames are merged with semantics = classic, /,
    );
  });
});
