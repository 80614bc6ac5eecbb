import { merge, processText } from '../../../../test/support/merged-node';
import { FakeClock } from '../../../../test/support/fake-clock';
import { frameHead } from '../../../../test/support/frames';
import { compileDerived } from '@haproxystats/metrics';
import { silentLogger } from '@haproxystats/runtime';
import { GraphiteLines } from './graphite-lines';

const numbers = ['smax', 'cache_hits', 'cache_lookups', 'connect', 'reuse'];
const settings = ['Idle_pct', 'CurrConns', 'Maxconn'];
const printed = ['status', ...numbers, ...settings];

/** The paths of a frame in which HAProxy prints, besides what we know, columns and lines with these names. */
function pathsWith(names: readonly string[]): string[] {
  const columns = ['pxname', 'svname', 'type', 'status', ...numbers, ...names];
  const row = (type: number) => ['a', 's', type, 'UP', ...columns.slice(4).map(() => 7)].join();
  const stat = `# ${columns.join()}\n${[0, 1, 2, 3].map(row).join('\n')}\n`;
  const info = [...settings, ...names].map((name) => `${name}: 7`);
  const { tables } = merge([processText(stat, `${info.join('\n')}\n`)], {
    aggregatedServers: { excludedBackends: new Set() },
  });
  const definitions = [{ name: 'my_ratio', formula: 'cache_hits / cache_lookups' }];
  const lines = new GraphiteLines(
    {
      names: { namespace: 'n', prefixHostname: false, fqdn: true },
      finish: {
        semantics: 'exact',
        lists: {},
        modules: true,
        processes: true,
        derived: compileDerived(definitions, { semantics: 'exact', percentages: true }).derived,
        excludeFrontends: undefined,
        excludeBackends: undefined,
      },
      processLabel: 'auto',
      partial: 'send',
      groups: undefined,
    },
    { clock: new FakeClock(), logger: silentLogger },
  );
  const part = { frame: { head: frameHead(), tables }, part: 0, parts: 1 };
  const text = Buffer.concat([...lines.of(part)].map(({ bytes }) => bytes)).toString();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ')[0]!);
}

describe('the paths of a frame', () => {
  const usual = pathsWith([]);

  it('are each written once', () => {
    expect(usual.filter((path, i) => usual.indexOf(path) !== i)).toEqual([]);
    expect(usual).toEqual(
      expect.arrayContaining(['n.haproxy.backend.a.my_ratio', 'n.haproxy.daemon.ConnPercentage_max']),
    );
  });

  it('are so too where HAProxy prints columns with the names of our metrics', () => {
    const ours = new Set(usual.map((path) => path.split('.').at(-1)!));
    expect([...ours]).toEqual(expect.arrayContaining(['status_UP', 'up', 'smax_sum', 'reuse_pct']));
    const added = [...ours].filter((name) => !printed.includes(name));
    const paths = pathsWith([...added, 'my.ratio', 'cache hit.pct', 'fresh']);
    expect(paths.filter((path, i) => paths.indexOf(path) !== i)).toEqual([]);
    expect(paths).toEqual(expect.arrayContaining([...usual, 'n.haproxy.server.s.fresh']));
  });

  it('have none that is a folder of others', () => {
    const paths = pathsWith(['server', 'listener', 'process']);
    expect(paths.filter((path) => paths.some((other) => other.startsWith(`${path}.`)))).toEqual([]);
  });
});
