import type { FinishedTable, TableKind } from '@haproxystats/metrics';
import { column } from '../../../../test/support/frame-column';
import { frameHead } from '../../../../test/support/frames';
import {
  countLines,
  countMetrics,
  noWork,
  tableGroups,
  timeMetrics,
  type GroupWork,
  type Work,
} from './own-metrics';

function workOn(kinds: readonly TableKind[], each: Omit<GroupWork, 'ran'>): Work {
  return tableGroups.map((group) =>
    group.kinds.some((kind) => kinds.includes(kind)) ? { ran: true, ...each } : noWork()[0]!,
  );
}

const timings = { info: 100, parse: 20, frontend: 3, backend: 4, server: 5 };

describe('own metrics', () => {
  it('count each group with itself', () => {
    const work = workOn(['daemon', 'frontend', 'backend', 'server'], { lines: 40, ms: 0 });
    expect(countMetrics(work)).toEqual([
      ['MetricsHAProxy', 41],
      ['MetricsFrontend', 41],
      ['MetricsBackend', 41],
      ['MetricsServer', 41],
    ]);
  });

  it('time each group from reading on, in seconds', () => {
    const work = workOn(['daemon', 'frontend', 'backend', 'server'], { lines: 1, ms: 1_000.4 });
    expect(timeMetrics(frameHead({ timings }), work)).toEqual([
      ['WallClockTimeHAProxy', 1.1],
      ['WallClockTimeFrontends', 1.003],
      ['WallClockTimeBackends', 1.004],
      ['WallClockTimeServers', 1.005],
      ['WallClockTimeAllStats', 3.033],
      ['TotalWallClockTime', 4.134],
    ]);
  });

  it('are left out for a half that gave nothing, but come for all groups of one that did', () => {
    const head = frameHead({ timings });
    const info = workOn(['daemon'], { lines: 40, ms: 0 });
    expect(countMetrics(info)).toEqual([['MetricsHAProxy', 41]]);
    expect(timeMetrics(head, info).map(([name]) => name)).toEqual([
      'WallClockTimeHAProxy',
      'TotalWallClockTime',
    ]);
    const stat = workOn(['frontend'], { lines: 2, ms: 0 });
    expect(countMetrics(stat)).toEqual([
      ['MetricsFrontend', 3],
      ['MetricsBackend', 1],
      ['MetricsServer', 1],
    ]);
    expect(timeMetrics(head, stat).map(([name]) => name)).not.toContain('WallClockTimeHAProxy');
  });

  it('count TotalServers among the servers', () => {
    const metric = (name: string, cells: (number | undefined)[]) => ({ ...column(name, 'sum', cells), name });
    const table: FinishedTable = {
      kind: 'backend',
      proxies: ['a', 'b', 'c'],
      servers: ['', '', ''],
      metrics: [metric('scur', [1, 2, 3]), metric('TotalServers', [4, undefined, 5])],
    };
    const work = workOn(['backend', 'server'], { lines: 0, ms: 0 });
    countLines(work, table, 5);
    expect(countMetrics(work).slice(1)).toEqual([
      ['MetricsBackend', 4],
      ['MetricsServer', 3],
    ]);
  });
});
