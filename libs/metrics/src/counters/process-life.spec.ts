import { parseInfo } from '@haproxystats/haproxy';
import { largestPid, livesIn } from './process-life';

const askedAt = 1_700_000_000_500;

function told(...lines: string[]): ReturnType<typeof livesIn> {
  return livesIn(parseInfo(Buffer.from(lines.join('\n'))), { process: '/run/p', askedAt });
}

describe('who a process is', () => {
  it('is told by its pid and when it started', () => {
    expect(told('Version: 3.2.1', 'Pid: 7', 'Uptime_sec: 60', 'Start_time_sec: 1700000000')).toEqual([
      { process: '/run/p', pid: 7, startedAt: 1_700_000_000_000, version: '3.2.1' },
    ]);
  });

  it('has a start by its uptime where it tells none', () => {
    expect(told(`Pid: ${largestPid}`, 'Uptime_sec: 60', 'Stopping: 1')).toEqual([
      { process: '/run/p', pid: largestPid, startedAt: askedAt - 60_000, version: '', isStopping: true },
    ]);
  });

  it.each([
    ['Pid: 7'],
    ['Uptime_sec: 60'],
    [`Pid: ${largestPid + 1}`, 'Uptime_sec: 60'],
    ['Pid: -1', 'Uptime_sec: 60'],
    ['Pid: 1.5', 'Uptime_sec: 60'],
    ['Pid: 7', 'Uptime_sec: 1e300'],
    ['Pid: 7', 'Uptime_sec: 99999999999999999999'],
    ['Pid: 7', 'Uptime_sec: 60', 'Start_time_sec: 0.00001'],
  ])('is not known from %s %s %s', (...lines) => {
    expect(told(...lines)).toEqual([]);
  });
});
