/** What a process has done: sums over its frontends. */
export interface InfoFacts {
  /** Of the process among its siblings, from 1. */
  readonly number: number;
  readonly startedAtSeconds: number;
  readonly uptimeSeconds: number;
  readonly connections: number;
  readonly connectionRate: number;
  readonly sessions: number;
  readonly requests: number;
  readonly requestRate: number;
  readonly peakRate: number;
  readonly bytesOut: number;
}

const maxconn = 10_000;
const release = '3.4.0-simulator';

function uptimeText(seconds: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${Math.floor(seconds / 86_400)}d ${Math.floor(seconds / 3600) % 24}h${two((seconds / 60) % 60)}m${two(seconds % 60)}s`;
}

function idlePercent({ requestRate, peakRate }: InfoFacts): number {
  return 100 - Math.round((60 * requestRate) / Math.max(1, peakRate));
}

function bytesOutRate({ bytesOut, requests, requestRate }: InfoFacts): number {
  return Math.round((bytesOut / Math.max(1, requests)) * requestRate);
}

/** THE LINES of `show info` in HAProxy 3.4's order. */
const lines: readonly [name: string, value: string | number | ((facts: InfoFacts) => string | number)][] = [
  ['Name', 'HAProxy'],
  ['Version', release],
  ['Release_date', '2026/06/03'],
  ['Nbthread', 1],
  ['Nbproc', 1],
  ['Process_num', 1],
  ['Pid', ({ number }) => number],
  ['Uptime', ({ uptimeSeconds }) => uptimeText(uptimeSeconds)],
  ['Uptime_sec', ({ uptimeSeconds }) => uptimeSeconds],
  ['Memmax_MB', 0],
  ['PoolAlloc_MB', 1],
  ['PoolUsed_MB', 1],
  ['PoolFailed', 0],
  ['Ulimit-n', 2 * maxconn + 50],
  ['Maxsock', 2 * maxconn + 50],
  ['Maxconn', maxconn],
  ['Hard_maxconn', maxconn],
  ['CurrConns', ({ sessions }) => sessions],
  ['CumConns', ({ connections }) => connections],
  ['CumReq', ({ requests }) => requests],
  ['MaxSslConns', 0],
  ['CurrSslConns', 0],
  ['CumSslConns', 0],
  ['Maxpipes', 0],
  ['PipesUsed', 0],
  ['PipesFree', 0],
  ['ConnRate', ({ connectionRate }) => connectionRate],
  ['ConnRateLimit', 0],
  ['MaxConnRate', ({ peakRate }) => peakRate],
  ['SessRate', ({ connectionRate }) => connectionRate],
  ['SessRateLimit', 0],
  ['MaxSessRate', ({ peakRate }) => peakRate],
  ['SslRate', 0],
  ['SslRateLimit', 0],
  ['MaxSslRate', 0],
  ['SslFrontendKeyRate', 0],
  ['SslFrontendMaxKeyRate', 0],
  ['SslFrontendSessionReuse_pct', 0],
  ['SslBackendKeyRate', 0],
  ['SslBackendMaxKeyRate', 0],
  ['SslCacheLookups', 0],
  ['SslCacheMisses', 0],
  ['CompressBpsIn', 0],
  ['CompressBpsOut', 0],
  ['CompressBpsRateLim', 0],
  ['Tasks', ({ sessions }) => 20 + sessions],
  ['Run_queue', 0],
  ['Idle_pct', idlePercent],
  ['node', ({ number }) => `simulator-${number}`],
  ['description', 'haproxystats simulator'],
  ['Stopping', 0],
  ['Jobs', ({ sessions }) => 5 + sessions],
  ['Unstoppable Jobs', 1],
  ['Listeners', 4],
  ['ActivePeers', 0],
  ['ConnectedPeers', 0],
  ['DroppedLogs', 0],
  ['BusyPolling', 0],
  ['FailedResolutions', 0],
  ['TotalBytesOut', ({ bytesOut }) => bytesOut],
  ['TotalSplicedBytesOut', 0],
  ['BytesOutRate', bytesOutRate],
  ['DebugCommandsIssued', 0],
  ['CumRecvLogs', 0],
  ['Build info', release],
  ['Memmax_bytes', 0],
  ['PoolAlloc_bytes', 1_500_000],
  ['PoolUsed_bytes', 1_400_000],
  ['Start_time_sec', ({ startedAtSeconds }) => startedAtSeconds],
  ['Tainted', 0],
  ['TotalWarnings', 0],
  ['MaxconnReached', 0],
  ['BootTime_ms', 20],
  ['Niced_tasks', 0],
  ['CurrStreams', ({ sessions }) => sessions],
  ['CumStreams', ({ requests }) => requests],
  ['BlockedTrafficWarnings', 0],
  ['PatternsAdded', 8],
  ['PatternsFreed', 0],
  ['NbThreadGroups', 1],
];

export function infoText(facts: InfoFacts): string {
  return lines
    .map(([name, value]) => `${name}: ${typeof value === 'function' ? value(facts) : value}\n`)
    .join('');
}
