import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileDerived, type Frame, type FrameHead, type Table } from '@haproxystats/metrics';
import { FakeClock } from '../../../../test/support/fake-clock';
import { column } from '../../../../test/support/frame-column';
import { frameHead, tableOf } from '../../../../test/support/frames';
import { RecordedLog } from '../../../../test/support/recorded-log';
import { GraphiteLines, type GraphiteLinesConfig, type GraphiteLinesPorts } from './graphite-lines';

const config: GraphiteLinesConfig = {
  names: { namespace: 'load.balancers', prefixHostname: true, fqdn: true },
  finish: {
    semantics: 'exact',
    lists: {},
    modules: false,
    processes: false,
    derived: compileDerived([], { semantics: 'exact', percentages: false }).derived,
    excludeFrontends: undefined,
    excludeBackends: undefined,
  },
  processLabel: 'auto',
  partial: 'send',
  groups: undefined,
};

const total = { name: 'TotalServers', rule: 'max' } as const;

const tables: readonly Table[] = [
  tableOf(
    'daemon',
    [''],
    [column('Idle_pct', 'sum', [150]), column('Idle_pct', 'weight', [2]), column('Idle_pct', 'min', [60])],
  ),
  tableOf('frontend', ['www.example.com'], [column('stot', 'sum', [2 ** 53 - 1])]),
  tableOf('backend', ['be'], [column('stot', 'sum', [9]), column(total, 'max', [2])]),
  tableOf(
    'server',
    ['be/s 1', 'be/s2\nx 1 1'],
    [
      column('smax', 'max', [4, undefined]),
      column('smax', 'sum', [7, undefined]),
      column('scur', 'sum', [0, 3]),
    ],
  ),
];

describe('GraphiteLines', () => {
  let clock: FakeClock;
  let log: RecordedLog;
  let withheld: number;
  let others: number;

  beforeEach(() => {
    clock = new FakeClock();
    log = new RecordedLog();
    withheld = 0;
    others = 0;
  });

  function open(
    change: Partial<GraphiteLinesConfig> = {},
    ports: Partial<GraphiteLinesPorts> = {},
  ): GraphiteLines {
    return new GraphiteLines(
      { ...config, ...change },
      {
        clock,
        logger: log.logger,
        onWithheld: () => withheld++,
        onOtherSemantics: () => others++,
        wallClock: false,
        ...ports,
      },
    );
  }

  interface Sent {
    readonly head?: Partial<FrameHead>;
    readonly part?: number;
    readonly parts?: number;
  }

  /** The paths and values, without what all lines begin and end with. */
  function linesOf(
    lines: GraphiteLines,
    some: Frame['tables'],
    { head = {}, part = 0, parts = 1 }: Sent = {},
  ): string[] {
    const blocks = [...lines.of({ part, parts, frame: { head: frameHead(head), tables: some } })];
    const text = blocks.map(({ bytes }) => bytes.toString()).join('');
    const found = text.split('\n').slice(0, -1);
    expect(blocks.reduce((sum, block) => sum + block.lines, 0)).toBe(found.length);
    return found.map((line) =>
      line.replace(/^load\.balancers\.lb1_example_com\.haproxy\./, '').replace(/ 1700000010$/, ''),
    );
  }

  it('name every metric by its path, coverage first, own metrics last', () => {
    expect(linesOf(open(), tables, { head: { coverage: { covered: 1, expected: 2 } } })).toEqual([
      'coverage.covered 1',
      'coverage.expected 2',
      'coverage.nodes_seen 1',
      'coverage.nodes_expected 1',
      'coverage.complete 0',
      'coverage.late 0',
      'daemon.Idle_pct 75',
      'daemon.Idle_pct_min 60',
      'daemon.CpuUsagePct 25',
      'frontend.www_example_com.stot 9007199254740991',
      'backend.be.stot 9',
      'backend.be.TotalServers 2',
      'backend.be.server.s_1.smax 4',
      'backend.be.server.s_1.smax_sum 7',
      'backend.be.server.s_1.scur 0',
      'backend.be.server.s2_x_1_1.scur 3',
      'haproxystats.MetricsHAProxy 4',
      'haproxystats.MetricsFrontend 2',
      'haproxystats.MetricsBackend 2',
      'haproxystats.MetricsServer 6',
    ]);
  });

  it.each<[Partial<GraphiteLinesConfig['names']>, Partial<FrameHead>, string]>([
    [{}, {}, 'load.balancers.lb1_example_com.haproxy.'],
    [{ fqdn: false }, {}, 'load.balancers.lb1.haproxy.'],
    [{ prefixHostname: false }, {}, 'load.balancers.haproxy.'],
    [{}, { scope: 'cluster', node: '' }, 'load.balancers.clusters.eu.haproxy.'],
  ])('begin as %j %j says', (change, headChange, prefix) => {
    const lines = open({ names: { ...config.names, ...change } });
    const [block] = [...lines.of({ part: 0, parts: 1, frame: { head: frameHead(headChange), tables: [] } })];
    expect(block!.bytes.toString().split('\n')[0]).toBe(`${prefix}coverage.covered 1 1700000010`);
  });

  it('write the names of metrics as segments too', () => {
    const daemon = tableOf('daemon', [''], [column('Unstoppable Jobs', 'sum', [1])]);
    expect(linesOf(open(), [daemon])).toContain('daemon.Unstoppable_Jobs 1');
  });

  it('tell the coverage with the first part, and the work on all parts with the last', () => {
    const lines = open();
    const first = linesOf(lines, tables.slice(0, 2), { part: 0, parts: 2 });
    expect(first.filter((line) => /^(coverage|haproxystats)/.test(line)).length).toBe(6);
    const second = linesOf(lines, tables.slice(2), { part: 1, parts: 2 });
    expect(second.filter((line) => /^(coverage|haproxystats)/.test(line))).toEqual([
      'haproxystats.MetricsHAProxy 4',
      'haproxystats.MetricsFrontend 2',
      'haproxystats.MetricsBackend 2',
      'haproxystats.MetricsServer 6',
    ]);
  });

  it('say how long it took, not counting the time in which they are taken away', () => {
    let now = 0;
    const lines = open({}, { clock: { monotonic: () => (now += 10) }, wallClock: true });
    const part = { part: 0, parts: 1, frame: { head: frameHead(), tables: [tables[0]!] } };
    let text = '';
    for (const { bytes } of lines.of(part)) {
      text += bytes.toString();
      now += 60_000;
    }
    expect(text).toMatch(/haproxystats\.WallClockTimeHAProxy 0\.01 \d+\n/);
    expect(text).toMatch(/haproxystats\.TotalWallClockTime 0\.01 \d+\n$/);
  });

  it('count the servers of all backends that have the same path', () => {
    const backends = tableOf('backend', ['a.b', 'c', 'a_b'], [column(total, 'max', [2, 1, 3])]);
    const servers = tableOf('server', ['a.b/s1', 'a.b/s2', 'c/s9', 'a_b/s2', 'a_b/s3', 'a_b/s4'], []);
    const totals = (some: readonly Table[]): string[] =>
      linesOf(open(), some).filter((line) => line.includes('TotalServers'));
    expect(totals([backends, servers])).toEqual(['backend.a_b.TotalServers 4', 'backend.c.TotalServers 1']);
    expect(totals([backends])).toEqual(['backend.a_b.TotalServers 3', 'backend.c.TotalServers 1']);
  });

  it('add up what has the same path, and say so once', () => {
    const lines = open();
    const some = [tableOf('server', ['be/a.b', 'be/c', 'be/a_b'], [column('scur', 'sum', [1, 2, 3])])];
    for (let poll = 0; poll < 2; poll++) {
      expect(linesOf(lines, some).slice(6, 8)).toEqual([
        'backend.be.server.a_b.scur 4',
        'backend.be.server.c.scur 2',
      ]);
    }
    expect(log.texts('warn')).toEqual([
      'node lb1.example.com: be/a.b and be/a_b have the same path in Graphite and are combined: backend.be.server.a_b. Rename one of them',
    ]);
    const apart = [tableOf('server', ['x/a.b', 'y/a_b'], [column('scur', 'sum', [1, 2])])];
    expect(linesOf(lines, apart).length).toBe(6 + 2 + 3);
    expect(log.texts('warn').length).toBe(1);
  });

  it('call processes by their labels', () => {
    const finish = { ...config.finish, processes: true };
    const some = [tableOf('process', ['/run/a.sock', '/run/b.sock'], [column('Maxconn', 'sum', [1, 2])])];
    const unlimited = column('Maxconn', 'unlimited', [0, 0]);
    const processes = { ...some[0]!, columns: [...some[0]!.columns, unlimited] };
    expect(linesOf(open({ finish, processLabel: 'socket' }), [processes]).slice(6)).toEqual([
      'daemon.process.a_sock.Maxconn 1',
      'daemon.process.b_sock.Maxconn 2',
      'haproxystats.MetricsHAProxy 3',
    ]);
  });

  it('write members of a group below it, twice where users want that, and count them once', () => {
    const groups = {
      'frontend-groups': [],
      'backend-groups': [{ name: 'shop', pattern: '^be', expression: /^be/ }],
      'server-groups': [],
    };
    const lines = open({ groups: { namespace: 'by', doubleWrites: true, groups } });
    const found = linesOf(lines, [tables[2]!, tableOf('server', ['be/s'], [column('scur', 'sum', [1])])]);
    expect(found.slice(6)).toEqual([
      'by.shop.backend.be.stot 9',
      'by.shop.backend.be.TotalServers 2',
      'backend.be.stot 9',
      'backend.be.TotalServers 2',
      'by.shop.backend.be.server.s.scur 1',
      'backend.be.server.s.scur 1',
      'haproxystats.MetricsFrontend 1',
      'haproxystats.MetricsBackend 2',
      'haproxystats.MetricsServer 3',
    ]);
  });

  it('leave out excluded proxies with their servers, by files that may change', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'excludes-'));
    const excludeBackends = join(directory, 'backends');
    writeFileSync(excludeBackends, '# none\n');
    const lines = open({ finish: { ...config.finish, excludeBackends } });
    const backends = (): number => linesOf(lines, tables).filter((line) => line.startsWith('backend')).length;
    expect(backends()).toBe(6);
    writeFileSync(excludeBackends, 'be\n');
    await clock.advance(1_000);
    expect(backends()).toBe(0);
    expect(linesOf(lines, tables).slice(-2)).toEqual([
      'haproxystats.MetricsBackend 1',
      'haproxystats.MetricsServer 1',
    ]);
    rmSync(directory, { recursive: true });
  });

  it('are with classic semantics those of complete polls, without coverage', () => {
    const classic: Partial<FrameHead> = { semantics: 'classic' };
    expect(linesOf(open(), [], { head: classic })).toEqual([]);
    const lines = open();
    const slow = { ...classic, missing: [{ process: '/a', reason: 'timeout' as const }] };
    expect(linesOf(lines, tables, { head: slow })).toEqual([]);
    expect(linesOf(lines, tables, { head: slow, part: 1, parts: 2 })).toEqual([]);
    expect(withheld).toBe(1);
    expect(log.texts('warn').filter((text) => text.includes('not sent'))).toHaveLength(1);
    const garbled = { ...classic, missing: [{ process: '/a', reason: 'unreadable' as const }] };
    expect(linesOf(lines, tables, { head: garbled })).toContain('backend.be.stot 9');
  });

  it('of a frame merged with other semantics than set here are its own, which is said once and counted per frame', () => {
    const lines = open();
    const head: Partial<FrameHead> = { semantics: 'classic' };
    for (let slot = 0; slot < 2; slot++) {
      expect(linesOf(lines, tables.slice(0, 2), { head, part: 0, parts: 2 })).toEqual([
        'daemon.Idle_pct 75',
        'daemon.Idle_pct_min 60',
        'frontend.www_example_com.stot 9007199254740991',
      ]);
      linesOf(lines, tables.slice(2), { head, part: 1, parts: 2 });
    }
    linesOf(lines, tables);
    expect(others).toBe(2);
    expect(log.texts('warn')).toEqual([
      'node lb1.example.com: its frames are merged with semantics = classic, but semantics here is exact. They are sent with the names and values of classic, and lists of metrics and formulas for exact may find nothing. Set the same semantics in [process] where the node role runs and here',
    ]);
  });
});
