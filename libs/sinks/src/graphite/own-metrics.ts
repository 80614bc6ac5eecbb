import type { NamedNumber } from './coverage-metrics';
import {
  isPresent,
  type FinishedTable,
  type FrameHead,
  type Metric,
  type TableKind,
  type Timings,
} from '@haproxystats/metrics';

/** Tables that are timed and counted together. */
export interface TableGroup {
  readonly kinds: readonly TableKind[];
  /** Which half of a poll they come from. */
  readonly half: 'info' | 'stat';
  /** The time before this, from the frame's head. */
  readonly timing: keyof Timings;
  /** The names of its metrics. */
  readonly time: string;
  readonly count: string;
}

/** THE OWN METRICS, called and cut as in the original. */
export const tableGroups: readonly TableGroup[] = [
  {
    kinds: ['daemon', 'process'],
    half: 'info',
    timing: 'info',
    time: 'WallClockTimeHAProxy',
    count: 'MetricsHAProxy',
  },
  {
    kinds: ['frontend', 'listener', 'frontend-group'],
    half: 'stat',
    timing: 'frontend',
    time: 'WallClockTimeFrontends',
    count: 'MetricsFrontend',
  },
  {
    kinds: ['backend', 'backend-group'],
    half: 'stat',
    timing: 'backend',
    time: 'WallClockTimeBackends',
    count: 'MetricsBackend',
  },
  {
    kinds: ['server', 'aggregated-server', 'server-group'],
    half: 'stat',
    timing: 'server',
    time: 'WallClockTimeServers',
    count: 'MetricsServer',
  },
];

/** The time for `show stat`, and that for all. */
export const wholeTimes = { stat: 'WallClockTimeAllStats', all: 'TotalWallClockTime' } as const;

/** What was done for a group of tables. */
export interface GroupWork {
  /** Whether there were tables of it. */
  ran: boolean;
  lines: number;
  ms: number;
}

/** The work on a part of a frame, or on all of it, in the order of the groups. */
export type Work = readonly GroupWork[];

export function noWork(): Work {
  return tableGroups.map(() => ({ ran: false, lines: 0, ms: 0 }));
}

/** Counts the lines of a table for its group; those of `TotalServers` for the servers, as in the original. */
export function countLines(work: Work, { kind, metrics }: FinishedTable, lines: number): void {
  const totals = metrics.find(({ name }) => name === 'TotalServers');
  const moved = totals ? cellsOf(totals) : 0;
  work[groupOf(kind)]!.lines += lines - moved;
  work[groupOf('server')]!.lines += moved;
}

function groupOf(kind: TableKind): number {
  return tableGroups.findIndex(({ kinds }) => kinds.includes(kind));
}

function cellsOf(metric: Metric): number {
  let cells = 0;
  for (let row = 0; row < metric.values.length; row++) if (isPresent(metric, row)) cells++;
  return cells;
}

/** Lines sent, each count with itself. A half of the poll that gave nothing has none. */
export function countMetrics(work: Work): NamedNumber[] {
  return groupsThatRan(work).map(({ count, lines }) => [count, 1 + lines]);
}

/** Wall clock times in seconds, rounded to milliseconds. */
export function timeMetrics({ timings }: FrameHead, work: Work): NamedNumber[] {
  const groups = groupsThatRan(work).map((group) => ({ ...group, ms: group.ms + timings[group.timing] }));
  const total = (some: typeof groups): number => some.reduce((sum, { ms }) => sum + ms, 0);
  const stat = groups.filter(({ half }) => half === 'stat');
  const times: NamedNumber[] = groups.map(({ time, ms }) => [time, ms]);
  if (stat.length > 0) times.push([wholeTimes.stat, timings.parse + total(stat)]);
  times.push([wholeTimes.all, timings.parse + total(groups)]);
  return times.map(([name, ms]) => [name, Math.round(ms) / 1000]);
}

/** The groups of those halves of which there was anything. */
function groupsThatRan(work: Work): (TableGroup & GroupWork)[] {
  const groups = tableGroups.map((group, i) => ({ ...group, ...work[i]! }));
  const halves = new Set(groups.filter(({ ran }) => ran).map(({ half }) => half));
  return groups.filter(({ half }) => halves.has(half));
}
