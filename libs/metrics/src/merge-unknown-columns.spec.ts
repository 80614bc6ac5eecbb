import type { Tags } from '@haproxystats/haproxy';
import { merge, metricsOf, processText, rowOf } from '../../../test/support/merged-node';
import { finishTable } from './finish';
import { ProcessMerger, type ProcessText } from './merge-processes';
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
    const marked = finishTable(mergeTables(table, table)).metrics.filter(({ module }) => module);
    expect(marked.map(({ name, values }) => [name, ...values])).toEqual([['second', 2]]);
  });

  it('are what the tags of their own process say', () => {
    const merger = new ProcessMerger({ semantics: 'exact', now: () => 0 });
    const one = processText(stat);
    const frontend = (...processes: ProcessText[]) =>
      metricsOf(merger.merge(processes).tables, 'frontend', 'a');
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
    const { tables, droppedColumns } = merger.merge([process('x', 300)]);
    expect(Object.keys(metricsOf(tables, 'frontend', 'a')).length).toBe(256);
    expect(droppedColumns).toHaveLength(44);
    expect(metricsOf(merger.merge([process('y', 2)]).tables, 'frontend', 'a')).toEqual({ y0: 1, y1: 1 });
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
    const { tables } = merger.merge([processText('# pxname,svname,type\n', `Tasks: 1\nNew${version}: 5\n`)]);
    expect(metricsOf(tables, 'daemon', '')).toEqual({ Tasks: 1, [`New${version}`]: 5 });
  }
});
