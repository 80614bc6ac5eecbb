import { type Frame } from '@haproxystats/metrics';
import { graphiteLines } from './graphite-lines';
import { pathPrefix, type GraphiteNames } from './graphite-names';
import { column } from '../../../../test/support/frame-column';

const head: Frame['head'] = {
  scope: 'node',
  cluster: 'eu',
  node: 'lb1.example.com',
  slot: 1_700_000_010_000,
  intervalMs: 10_000,
  coverage: { covered: 1, expected: 2 },
  missing: [],
};
const frame: Frame = {
  head,
  tables: [
    {
      kind: 'daemon',
      proxies: [''],
      servers: [''],
      columns: [column('Idle_pct', 'sum', [150]), column('Idle_pct', 'count', [2])],
    },
    {
      kind: 'frontend',
      proxies: ['www.example.com'],
      servers: [''],
      columns: [column('stot', 'sum', [2 ** 53])],
    },
    {
      kind: 'server',
      proxies: ['be', 'be'],
      servers: ['s 1', 's2\nx 1 1'],
      columns: [
        column('smax', 'sum', [7, undefined]),
        column('smax', 'max', [4, undefined]),
        column('scur', 'sum', [0, 3]),
      ],
    },
  ],
};
const names: GraphiteNames = { namespace: 'load.balancers', prefixHostname: true, fqdn: true };

const linesOf = (part: number) =>
  [...graphiteLines({ part, parts: 2, frame }, names)].map(({ text }) => text).join('');

describe('graphite lines', () => {
  it('name every metric by its path', () => {
    expect(linesOf(0)).toBe(
      [
        'load.balancers.lb1_example_com.haproxy.coverage.covered 1 1700000010',
        'load.balancers.lb1_example_com.haproxy.coverage.expected 2 1700000010',
        'load.balancers.lb1_example_com.haproxy.coverage.complete 0 1700000010',
        'load.balancers.lb1_example_com.haproxy.daemon.Idle_pct 75 1700000010',
        'load.balancers.lb1_example_com.haproxy.frontend.www_example_com.stot 9007199254740992 1700000010',
        'load.balancers.lb1_example_com.haproxy.backend.be.server.s_1.smax 4 1700000010',
        'load.balancers.lb1_example_com.haproxy.backend.be.server.s_1.smax_sum 7 1700000010',
        'load.balancers.lb1_example_com.haproxy.backend.be.server.s_1.scur 0 1700000010',
        'load.balancers.lb1_example_com.haproxy.backend.be.server.s2_x_1_1.scur 3 1700000010',
        '',
      ].join('\n'),
    );
  });

  it('tell the coverage once, with the first part', () => {
    expect(linesOf(1)).not.toContain('coverage');
    expect(
      [...graphiteLines({ part: 1, parts: 2, frame }, names)].reduce((sum, { lines }) => sum + lines, 0),
    ).toBe(6);
  });

  it.each<[Partial<GraphiteNames>, Partial<Frame['head']>, string]>([
    [{ fqdn: false }, {}, 'load.balancers.lb1.haproxy'],
    [{ prefixHostname: false }, {}, 'load.balancers.haproxy'],
    [{}, { scope: 'cluster', node: '' }, 'load.balancers.clusters.eu.haproxy'],
  ])('begin as %j %j says', (change, headChange, prefix) => {
    expect(pathPrefix({ ...head, ...headChange }, { ...names, ...change })).toBe(prefix);
  });
});
