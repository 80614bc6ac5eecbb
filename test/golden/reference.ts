import type { ProcessInput, Row } from './inputs';

/** Lines by path below the prefix. */
export type Lines = Map<string, number>;

/*
 * What the original makes of a snapshot, worked out slowly and as plainly as can be; but nothing where nobody gives a number (Q1, Q2,
 * Q3). It shares no code with the product, and is itself held against the recordings.
 */

const words = (text: string): string[] => text.split(' ');

const daemonSums = words(
  'CompressBpsIn CompressBpsOut CompressBpsRateLim ConnRate ConnRateLimit CumConns CumReq CumSslConns CurrConns CurrSslConns Hard_maxconn MaxConnRate MaxSessRate MaxSslConns MaxSslRate MaxZlibMemUsage Maxconn Maxpipes Maxsock Memmax_MB PipesFree PipesUsed Run_queue SessRate SessRateLimit SslBackendKeyRate SslBackendMaxKeyRate SslCacheLookups SslCacheMisses SslFrontendKeyRate SslFrontendMaxKeyRate SslFrontendSessionReuse_pct SslRate SslRateLimit Tasks Ulimit-n ZlibMemUsage',
);
const daemonMeans = words('Idle_pct Uptime_sec');
const percentages = {
  ConnPercentage: ['CurrConns', 'Maxconn'],
  ConnRatePercentage: ['ConnRate', 'ConnRateLimit'],
  SslConnPercentage: ['CurrSslConns', 'MaxSslConns'],
  SslRatePercentage: ['SslRate', 'SslRateLimit'],
} as const;
const shared = words(
  'bin bout dresp hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other rate rate_max scur slim smax stot',
);

interface Lists {
  readonly sums: readonly string[];
  readonly means: readonly string[];
  /** Means of the rows that have balanced something. */
  readonly times: readonly string[];
}

const frontend: Lists = {
  sums: [
    ...words(
      'comp_byp comp_in comp_out comp_rsp conn_rate conn_rate_max conn_tot dcon dses dreq ereq intercepted rate_lim req_rate req_rate_max req_tot',
    ),
    ...shared,
  ],
  means: [],
  times: [],
};
const backend: Lists = {
  sums: [
    ...words(
      'chkdown cli_abrt comp_byp comp_in comp_out comp_rsp downtime dreq econ eresp intercepted lbtot qcur qmax req_tot srv_abrt wredis wretr',
    ),
    ...shared,
  ],
  means: words('act bck weight'),
  times: words('rtime ctime qtime ttime'),
};
const server: Lists = {
  sums: [...words('chkfail chkdown cli_abrt econ eresp lbtot qcur qmax srv_abrt wredis wretr'), ...shared],
  means: words('throttle weight'),
  times: words('ctime qtime rtime ttime'),
};

/** Names as they stand in paths. */
const name = (row: Row, column: 'pxname' | 'svname'): string => row.cells.get(column)!.replaceAll('.', '_');

const kinds = {
  frontend: (row: Row) => row.cells.get('svname') === 'FRONTEND',
  backend: (row: Row) => row.cells.get('svname') === 'BACKEND',
  server: (row: Row) => row.cells.get('type') === '2',
};

function rowsOf(inputs: readonly ProcessInput[], kind: keyof typeof kinds): Row[] {
  return inputs.flatMap(({ rows }) => rows).filter(kinds[kind]);
}

const add = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const mean = (values: readonly number[]): number => add(values) / values.length;
/** A blank counts as 0, and so does a text (Q13). */
const cell = (row: Row, column: string): number => Number(row.cells.get(column) ?? '') || 0;

interface Group {
  readonly path: string;
  readonly rows: readonly Row[];
  readonly lists: Lists;
}

function addLines(lines: Lines, { path, rows, lists }: Group): void {
  const busy = rows.filter((row) => cell(row, 'lbtot') > 0);
  const set = (columns: readonly string[], members: readonly Row[], combine: typeof add): void => {
    for (const column of columns)
      if (members.length > 0) lines.set(path + column, combine(members.map((row) => cell(row, column))));
  };
  set(lists.sums, rows, add);
  set(lists.means, rows, mean);
  set(lists.times, busy, mean);
}

/** The lists without what no process prints. */
function printed({ sums, means, times }: Lists, inputs: readonly ProcessInput[]): Lists {
  const known = new Set(inputs.flatMap(({ columns }) => columns));
  const among = (columns: readonly string[]): string[] => columns.filter((column) => known.has(column));
  return { sums: among(sums), means: among(means), times: among(times) };
}

/** `frontend.F.M` */
export function frontendLines(inputs: readonly ProcessInput[]): Lines {
  const lines: Lines = new Map();
  const lists = printed(frontend, inputs);
  const rows = rowsOf(inputs, 'frontend');
  for (const [proxy, group] of Map.groupBy(rows, (row) => name(row, 'pxname')))
    addLines(lines, { path: `frontend.${proxy}.`, rows: group, lists });
  return lines;
}

/** `backend.B.M` */
export function backendLines(inputs: readonly ProcessInput[]): Lines {
  const lines: Lines = new Map();
  const lists = printed(backend, inputs);
  const rows = rowsOf(inputs, 'backend');
  for (const [proxy, group] of Map.groupBy(rows, (row) => name(row, 'pxname')))
    addLines(lines, { path: `backend.${proxy}.`, rows: group, lists });
  return lines;
}

/** `backend.B.server.S.M` and `backend.B.TotalServers` */
export function serverLines(inputs: readonly ProcessInput[]): Lines {
  const lines: Lines = new Map();
  const lists = printed(server, inputs);
  for (const [proxy, rows] of Map.groupBy(rowsOf(inputs, 'server'), (row) => name(row, 'pxname'))) {
    const servers = Map.groupBy(rows, (row) => name(row, 'svname'));
    lines.set(`backend.${proxy}.TotalServers`, servers.size);
    for (const [each, group] of servers)
      addLines(lines, { path: `backend.${proxy}.server.${each}.`, rows: group, lists });
  }
  return lines;
}

/** `server.S.M`: servers of one name in all backends, but for those that are left out. */
export function aggregatedServerLines(
  inputs: readonly ProcessInput[],
  excludedBackends: ReadonlySet<string> = new Set(),
): Lines {
  const lines: Lines = new Map();
  const lists = printed(server, inputs);
  const rows = rowsOf(inputs, 'server').filter((row) => !excludedBackends.has(name(row, 'pxname')));
  for (const [each, group] of Map.groupBy(rows, (row) => name(row, 'svname')))
    addLines(lines, { path: `server.${each}.`, rows: group, lists });
  return lines;
}

/** `daemon.M`, with percentiles and deviation of the CPU where there are two processes or more. */
export function daemonLines(inputs: readonly ProcessInput[]): Lines {
  const lines: Lines = new Map();
  const set = (key: string, combine: typeof add): void => {
    const values = numbersOf(inputs, key);
    if (values.length > 0) lines.set(`daemon.${key}`, combine(values));
  };
  for (const key of daemonSums) set(key, add);
  for (const key of daemonMeans) set(key, mean);
  const usage = numbersOf(inputs, 'Idle_pct').map((idle) => 100 - idle);
  if (usage.length < 2) return lines;
  const sorted = usage.toSorted((a, b) => a - b);
  for (const percent of [25, 50, 75, 95, 99]) {
    const rank = roundHalfToEven(((usage.length - 1) * percent) / 100);
    lines.set(`daemon.${percent}PercentileCpuUsagePct`, sorted[rank]!);
  }
  const squares = usage.map((value) => (value - mean(usage)) ** 2);
  return lines.set('daemon.StdCpuUsagePct', Math.sqrt(add(squares) / (usage.length - 1)));
}

/** `daemon.process.<label>.M` */
export function processLines(input: ProcessInput, label: string): Lines {
  const lines: Lines = new Map();
  const path = `daemon.process.${label}.`;
  for (const key of [...daemonSums, ...daemonMeans]) {
    const value = input.info.get(key);
    if (value !== undefined) lines.set(path + key, value);
  }
  const idle = input.info.get('Idle_pct');
  return idle === undefined ? lines : lines.set(`${path}CpuUsagePct`, 100 - idle);
}

/** Percentages of what all these processes are allowed together, below `path`; 0 where there is no limit. */
export function percentageLines(inputs: readonly ProcessInput[], path: string): Lines {
  const lines: Lines = new Map();
  for (const [percentage, [used, limit]] of Object.entries(percentages)) {
    const [sum, limits] = [numbersOf(inputs, used), numbersOf(inputs, limit)];
    if (sum.length === 0 || limits.length === 0) continue;
    lines.set(path + percentage, add(limits) === 0 ? 0 : Math.trunc((100 * add(sum)) / add(limits)));
  }
  return lines;
}

function numbersOf(inputs: readonly ProcessInput[], key: string): number[] {
  return inputs.flatMap(({ info }) => info.get(key) ?? []);
}

function roundHalfToEven(value: number): number {
  const low = Math.floor(value);
  if (value - low !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}

/** Everything that stands in a metric's name behind a path, for whoever must know which names come from a field as it is. */
export const listedFields: ReadonlySet<string> = new Set(
  [frontend, backend, server].flatMap(({ sums, means, times }) => [...sums, ...means, ...times]),
);
export const listedKeys: ReadonlySet<string> = new Set([...daemonSums, ...daemonMeans]);

/** All lines for the options of a configuration; of those that change which lines there are it knows only three. */
export function referenceLines(config: string, inputs: readonly ProcessInput[]): Lines {
  const wants = (option: string): boolean => new RegExp(`^${option} = true$`, 'm').test(config);
  const percentages = wants('calculate-percentages');
  const processes = inputs.flatMap((input) => {
    const label = String(input.info.get('Process_num') ?? input.process.replaceAll('.', '_'));
    return [
      ...processLines(input, label),
      ...(percentages ? percentageLines([input], `daemon.process.${label}.`) : []),
    ];
  });
  return new Map([
    ...daemonLines(inputs),
    ...(percentages ? percentageLines(inputs, 'daemon.') : []),
    ...(wants('per-process-metrics') ? processes : []),
    ...frontendLines(inputs),
    ...backendLines(inputs),
    ...serverLines(inputs),
    ...(wants('aggr-server-metrics') ? aggregatedServerLines(inputs) : []),
  ]);
}
