import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finishTable, isPresent, type Table } from '@haproxystats/metrics';
import { silentLogger } from '@haproxystats/runtime';
import { FakeClock } from '../../../../test/support/fake-clock';
import { loadConfig } from '../../../../test/support/load-config';
import { processorConfigOf } from '../processor-config-of';
import { mergeNode } from './merge-node';
import { mergingOf } from './merging';

const stat = [
  '# pxname,svname,type,status,stot',
  ...['www.a,FRONTEND,0,OPEN,1', 'www.b,FRONTEND,0,OPEN,2', 'api,FRONTEND,0,OPEN,4'],
  ...['shop.a,s1,2,UP,10', 'shop.a,BACKEND,1,UP,10', 'shop.b,s1,2,UP,20', 'shop.b,BACKEND,1,UP,20', ''],
].join('\n');

describe('merging as users want it', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'merging-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** Merges two processes that say the same, as often as is asked. */
  function merging(config: string): () => Promise<readonly Table[]> {
    const { settings, faults } = loadConfig(config);
    expect(faults).toEqual([]);
    const clock = new FakeClock();
    const how = mergingOf(processorConfigOf(settings), { clock, logger: silentLogger });
    const processes = ['/run/1', '/run/2'];
    return async () => {
      await clock.advance(5_000);
      const { frame } = mergeNode(
        {
          cluster: 'eu',
          node: 'lb1',
          slot: 0,
          intervalMs: 10_000,
          expected: processes,
          answered: processes,
          failureOf: () => undefined,
          textOf: (process) => ({ process, info: Buffer.from('Tasks: 1\n'), stats: [Buffer.from(stat)] }),
        },
        how,
      );
      return frame.tables;
    };
  }

  /** `stot` of each row of the tables of groups, and of servers of one name. */
  function sums(tables: readonly Table[]): Record<string, number> {
    const some = tables.filter(({ kind }) => kind.endsWith('-group') || kind === 'aggregated-server');
    const cells = some.flatMap((table) => {
      const stot = finishTable(table, 10_000).metrics.find(({ name }) => name === 'stot')!;
      return table.proxies.map((proxy, row) => {
        expect(isPresent(stot, row)).toBe(true);
        return [`${table.kind} ${proxy || table.servers[row]!}`, stot.values[row]!] as const;
      });
    });
    return Object.fromEntries(cells);
  }

  it('adds up no groups unless there are any', async () => {
    expect((await merging('')()).map(({ kind }) => kind)).toEqual([
      'daemon',
      'process',
      'frontend',
      'backend',
      'server',
    ]);
  });

  it('adds up the groups of each section, by the names that HAProxy has', async () => {
    const config =
      '[frontend-sums]\nWeb = ^www\\.\nall = .\nnone = ^www_\n[backend-sums]\nshop = ^shop\n[server-sums]\nfirst = ^s1$$\n';
    expect(sums(await merging(config)())).toEqual({
      'frontend-group Web': 6,
      'frontend-group all': 14,
      'backend-group shop': 60,
      'server-group first': 60,
    });
  });

  it('leaves out what the files of excluded names say at that time', async () => {
    const [frontends, backends] = ['frontends', 'backends'].map((name) => join(directory, name));
    writeFileSync(frontends!, 'www.b\n');
    writeFileSync(backends!, '');
    const merge = merging(
      `[process]\naggr-server-metrics = true\nexclude-frontends = ${frontends}\nexclude-backends = ${backends}\n` +
        '[frontend-sums]\nall = .\n[backend-sums]\nall = .\n[server-sums]\nall = .\n',
    );
    const before = { 'frontend-group all': 10, 'backend-group all': 60, 'server-group all': 60 };
    expect(sums(await merge())).toEqual({ 'aggregated-server s1': 60, ...before });
    writeFileSync(backends!, 'shop.a\n');
    const after = { 'frontend-group all': 10, 'backend-group all': 40, 'server-group all': 40 };
    expect(sums(await merge())).toEqual({ 'aggregated-server s1': 40, ...after });
  });
});
