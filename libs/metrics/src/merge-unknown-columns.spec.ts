import type { Tags } from '@haproxystats/haproxy';
import { merge, metricsOf, processText, rowOf } from '../../../test/support/merged-node';
import { finishTable } from './finish';
import { ProcessMerger } from './merge-processes';
import type { ProcessText } from './merged-processes';
import { mergeTables } from './regroup';

describe('columns that the catalogue does not know', () => {
  const columns = '# pxname,svname,type,stot,-,news,other\n';
  const stat = `${columns}a,FRONTEND,0,1,-,10,3\na,x,2,1,-,,4\n`;
  const tags: Tags = { frontend: { news: 'MCP', other: 'MNP' }, daemon: { News: 'MMP' } };

  it('are merged by their tag, and those without a good one dropped and counted', () => {
    const one = { ...processText(stat, 'Tasks: 1\nNews: 4\nOther: 5\n'), tags };
    const { tables, droppedColumns } = merge([one, one]);
    expect(metricsOf(tables, 'frontend', 'a')).toEqual({ stot: 2, news: 20 });
    expect(metricsOf(tables, 'server', 'a/x')).toEqual({ stot: 2 });
    expect(metricsOf(tables, 'daemon', '')).toEqual({ Tasks: 2, News: 4, News_sum: 8 });
    expect(droppedColumns).toEqual(['Other', 'other']);
  });

  it('are passed on of a process that is alone', () => {
    const { tables, droppedColumns } = merge([processText(stat, 'Tasks: 1\nNews: 4\n')]);
    expect(metricsOf(tables, 'frontend', 'a')).toEqual({ stot: 1, news: 10, other: 3 });
    expect(metricsOf(tables, 'daemon', '')).toEqual({ Tasks: 1, News: 4 });
    expect(droppedColumns).toEqual([]);
  });

  it('are combined of the one process that answers as if all had', () => {
    const { tables } = merge([{ ...processText(stat, 'Tasks: 1\nOther: 4\n'), tags }], { expected: 2 });
    expect(metricsOf(tables, 'frontend', 'a')).toEqual({ stot: 1, news: 10 });
    expect(metricsOf(tables, 'daemon', '')).toEqual({ Tasks: 1 });
  });

  it('are no numbers where their tag says so, even of a process that is alone', () => {
    const { tables, droppedColumns } = merge([{ ...processText(stat), tags }], { expected: 1 });
    expect(metricsOf(tables, 'frontend', 'a')).toEqual({ stot: 1, news: 10 });
    expect(droppedColumns).toEqual([]);
    expect(metricsOf(tables, 'server', 'a/x')).toEqual({ stot: 1, other: 4 });
    const odd: Tags = { frontend: { other: 'no tag' } };
    const { tables: others } = merge([{ ...processText(stat), tags: odd }]);
    expect(metricsOf(others, 'frontend', 'a')).toHaveProperty('other', 3);
  });

  it("are marked as a module's where they stand behind the column '-'", () => {
    const csv = '# pxname,svname,type,first,-,second,h2_goaway_rcvd\na,FRONTEND,0,1,-,2,3\n';
    const { tables } = merge([processText(csv)], {
      aggregatedServers: { excludedBackends: new Set<string>() },
    });
    const { table } = rowOf(tables, 'frontend', 'a');
    expect(table.columns.map(({ field, module }) => [field, module])).toEqual(
      expect.arrayContaining([
        ['first', undefined],
        ['second', true],
        ['h2_goaway_rcvd', undefined],
      ]),
    );
    const marked = finishTable(mergeTables(table, table), 10_000).metrics.filter(({ module }) => module);
    expect(marked.map(({ name, values }) => [name, ...values])).toEqual([['second', 2]]);
  });

  it('are what the tags of their own process say', () => {
    const merger = new ProcessMerger({ semantics: 'exact', now: () => 0 });
    const one = processText(stat);
    const frontend = (...processes: ProcessText[]) =>
      metricsOf(merger.merge(processes, { expected: processes.length }).tables, 'frontend', 'a');
    expect(frontend(one)).toHaveProperty('news', 10);
    expect(frontend(one, one)).not.toHaveProperty('news');
    expect(frontend({ ...one, tags }, one)).toHaveProperty('news', 10);
    expect(frontend({ ...one, tags: structuredClone(tags) }, { ...one, tags })).toHaveProperty('news', 20);
  });

  it('are at most 256, and others than before the next time', () => {
    const merger = new ProcessMerger({ semantics: 'exact', now: () => 0 });
    const process = (prefix: string, count: number) => {
      const names = Array.from({ length: count }, (_, i) => `${prefix}${i}`);
      return processText(`# pxname,svname,type,${names.join()}\na,F,0,${names.map(() => '1').join()}\n`);
    };
    const { tables, droppedColumns } = merger.merge([process('x', 300)], { expected: 1 });
    expect(Object.keys(metricsOf(tables, 'frontend', 'a')).length).toBe(256);
    expect(droppedColumns).toHaveLength(44);
    expect(metricsOf(merger.merge([process('y', 2)], { expected: 1 }).tables, 'frontend', 'a')).toEqual({
      y0: 1,
      y1: 1,
    });
  });

  it('are left out and counted where we send something else under their name', () => {
    const ours = ['up', 'status_UP', 'smax_sum', 'TotalServers', 'cache.hit_pct', 'server', 'listener'];
    const csv = `# pxname,svname,type,status,stot,${ours.join()},smax,fresh\n`;
    const row = (type: number) => `a,s,${type},UP,1,${ours.map(() => 70).join()},9,2\n`;
    const text = processText(
      csv + row(1) + row(2),
      'Idle_pct: 60\nCpuUsagePct: 70\nStdCpuUsagePct: 70\nprocess: 1\nUlimit_n: 7\nMore: 1\n',
    );
    const { tables, droppedColumns } = merge([text]);
    const known = { stot: 1, smax: 9, smax_sum: 9, up: 1, status_UP: 1, status_DOWN: 0, fresh: 2 };
    expect(metricsOf(tables, 'backend', 'a')).toEqual({ ...known, TotalServers: 1 });
    expect(metricsOf(tables, 'server', 'a/s')).toEqual({
      ...known,
      status_DRAIN: 0,
      status_MAINT: 0,
      TotalServers: 70,
      'cache.hit_pct': 70,
    });
    expect(metricsOf(tables, 'daemon', '')).toEqual({ Idle_pct: 60, Idle_pct_min: 60, More: 1 });
    const lines = ['CpuUsagePct', 'StdCpuUsagePct', 'process', 'Ulimit_n'];
    expect([...droppedColumns].sort()).toEqual([...ours, ...lines].sort());
  });

  it('are left out and counted where another unknown one has their name', () => {
    const csv = '# pxname,svname,type,peak,peak_sum,a b,a.b\na,F,0,5,6,7,8\n';
    const ofFrontend = { peak: 'MMP', peak_sum: 'MGP', 'a b': 'MGP', 'a.b': 'MGP' };
    const { tables, droppedColumns } = merge([{ ...processText(csv), tags: { frontend: ofFrontend } }]);
    expect(metricsOf(tables, 'frontend', 'a')).toEqual({ peak: 5, peak_sum: 5, 'a b': 7 });
    expect([...droppedColumns].sort()).toEqual(['a.b', 'peak_sum']);
  });

  it('do not exist for the original', () => {
    const { tables, droppedColumns } = merge([{ ...processText(stat, 'Tasks: 1\nNews: 4\n'), tags }], {
      semantics: 'classic',
    });
    expect(metricsOf(tables, 'frontend', 'a')).toEqual({ stot: 1 });
    expect(metricsOf(tables, 'daemon', '')).toEqual({ Tasks: 1 });
    expect(droppedColumns).toEqual([]);
  });
});

it('reads what more versions of HAProxy print than it remembers', () => {
  const merger = new ProcessMerger({ semantics: 'exact', now: () => 0 });
  for (let version = 0; version < 40; version++) {
    const { tables } = merger.merge([processText('# pxname,svname,type\n', `Tasks: 1\nNew${version}: 5\n`)], {
      expected: 1,
    });
    expect(metricsOf(tables, 'daemon', '')).toEqual({ Tasks: 1, [`New${version}`]: 5 });
  }
});
