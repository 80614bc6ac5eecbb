import type { ProxyMode } from '../site';
import type { Activity } from './activity';
import { statLine, type Cells } from './columns';
import { countOf } from './counts';

import type { ServerState, Times } from './simulated-server';

export interface Proxy {
  readonly name: string;
  readonly mode: ProxyMode;
  readonly id: number;
}

/** Clients send so many requests over a connection. */
const requestsPerConnection = 3;

/** The connections that the requests of a proxy needed, and those of the last second. */
export function connectionsOf({ mode }: Proxy, { counts, rate }: Activity): { total: number; rate: number } {
  const share = mode === 'http' ? requestsPerConnection : 1;
  const requests = countOf(counts, 'stot');
  const total = Math.ceil(requests / share);
  return { total, rate: total - Math.ceil((requests - rate) / share) };
}

/** The cells that all rows have besides their counts. */
function activityCells({ name, mode, id }: Proxy, activity: Activity): Cells {
  const stot = countOf(activity.counts, 'stot');
  const bin = countOf(activity.counts, 'bin');
  const bout = countOf(activity.counts, 'bout');
  return {
    pxname: name,
    mode,
    pid: 1,
    iid: id,
    scur: activity.sessions,
    smax: activity.peakSessions,
    req_tot: mode === 'http' ? stot : 0,
    rate: activity.rate,
    rate_max: activity.peakRate,
    reqbin: bin,
    reqbout: bin,
    resbin: bout,
    resbout: bout,
  };
}

/** Connections and bytes as HAProxy's HTTP/1 layer counts them; 0 for TCP. */
function h1Cells(proxy: Proxy, activity: Activity): Cells {
  const http = proxy.mode === 'http' ? 1 : 0;
  const stot = countOf(activity.counts, 'stot');
  const bin = countOf(activity.counts, 'bin');
  const bout = countOf(activity.counts, 'bout');
  return {
    h1_total_connections: http * connectionsOf(proxy, activity).total,
    h1_total_streams: http * stot,
    h1_bytes_in: http * bin,
    h1_bytes_out: http * bout,
  };
}

export function frontendLine(proxy: Proxy, activity: Activity): string {
  const connections = connectionsOf(proxy, activity);
  const http = proxy.mode === 'http' ? 1 : 0;
  return statLine(
    { kind: 'frontend', mode: proxy.mode, counts: activity.counts },
    activityCells(proxy, activity),
    h1Cells(proxy, activity),
    {
      svname: 'FRONTEND',
      type: 0,
      status: 'OPEN',
      slim: 1000,
      stot: connections.total,
      conn_tot: connections.total,
      rate: connections.rate,
      conn_rate: connections.rate,
      conn_rate_max: activity.peakRate,
      req_rate: http * activity.rate,
      req_rate_max: http * activity.peakRate,
      h1sess: http * connections.total,
      h1req: http * countOf(activity.counts, 'stot'),
      sess_other: (1 - http) * connections.total,
    },
  );
}

export interface BackendActivity extends Activity {
  readonly servers: readonly ServerState[];
}

export function backendLine(proxy: Proxy, backend: BackendActivity): string {
  const { servers, counts } = backend;
  const up = servers.filter(({ health }) => health.up).length;
  const slowest = servers.reduce((a, b) => (b.times.ttime > a.times.ttime ? b : a));
  const slowestPeak = servers.reduce((a, b) => (b.peakTimes.ttime > a.peakTimes.ttime ? b : a));
  return statLine(
    { kind: 'backend', mode: proxy.mode, counts },
    activityCells(proxy, backend),
    h1Cells(proxy, backend),
    timeCells(slowest.times, slowestPeak.peakTimes),
    {
      svname: 'BACKEND',
      type: 1,
      status: up > 0 ? 'UP' : 'DOWN',
      slim: 100,
      lbtot: countOf(counts, 'stot'),
      act: up,
      weight: up,
      uweight: up,
      algo: 'roundrobin',
      lastchg: Math.floor(Math.max(...servers.map(({ health }) => health.secondsInState))),
    },
  );
}

export function serverLine(proxy: Proxy, server: ServerState, sid: number): string {
  const { health, counts } = server;
  return statLine(
    { kind: 'server', mode: proxy.mode, counts },
    activityCells(proxy, server),
    timeCells(server.times, server.peakTimes),
    checkCells(proxy.mode, health.up),
    {
      svname: server.name,
      sid,
      type: 2,
      status: health.status,
      weight: 1,
      uweight: 1,
      act: 1,
      lbtot: countOf(counts, 'stot'),
      lastsess: health.up ? 0 : Math.floor(health.secondsInState),
      chkfail: health.outages * 2,
      chkdown: health.outages,
      lastchg: Math.floor(health.secondsInState),
      downtime: Math.floor(health.downSeconds),
      addr: `192.0.2.${proxy.id % 256}:${8000 + sid}`,
      used_conn_cur: server.sessions,
      need_conn_est: server.peakSessions,
    },
  );
}

function timeCells({ qtime, ctime, rtime, ttime }: Times, peak: Times): Cells {
  return {
    qtime,
    ctime,
    rtime,
    ttime,
    qtime_max: peak.qtime,
    ctime_max: peak.ctime,
    rtime_max: peak.rtime,
    ttime_max: peak.ttime,
  };
}

const checks = { check_duration: 1, check_rise: 2, check_fall: 2 };
const passedLayer4: Cells = {
  ...checks,
  check_health: 3,
  check_status: 'L4OK',
  check_desc: 'Layer4 check passed',
};
const passedLayer7: Cells = {
  ...checks,
  check_health: 3,
  check_status: 'L7OK',
  check_code: 200,
  check_desc: 'Layer7 check passed',
};
const failedLayer7: Cells = {
  ...checks,
  check_status: 'L7STS',
  check_code: 503,
  check_desc: 'Layer7 wrong status',
  last_chk: 'HTTP status check returned code <503>, "Service Unavailable"',
};

function checkCells(mode: ProxyMode, up: boolean): Cells {
  if (mode === 'tcp') return passedLayer4;
  return up ? passedLayer7 : failedLayer7;
}
