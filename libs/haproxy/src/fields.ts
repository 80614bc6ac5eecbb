import type { EntityKind, Field, Rule } from './field';

const everywhere: readonly EntityKind[] = ['frontend', 'backend', 'server'];
const proxies: readonly EntityKind[] = ['frontend', 'backend'];
const balanced: readonly EntityKind[] = ['backend', 'server'];

function rows(kinds: readonly EntityKind[], rule: Rule, names: string): Field[] {
  return names.split(' ').map((name) => ({ name, kinds, rule }));
}

/**
 * THE CATALOGUE: one row per field of `show info` and `show stat` that is collected, with the way it combines over processes.
 * Names and meanings: HAProxy management guide, 9.1 (CSV format) and 9.3 ("show info").
 */
export const fields: readonly Field[] = [
  ...rows(
    ['daemon'],
    'sum',
    'CompressBpsIn CompressBpsOut CompressBpsRateLim ConnRate ConnRateLimit CumConns CumReq',
  ),
  ...rows(
    ['daemon'],
    'sum',
    'CumSslConns CurrConns CurrSslConns Hard_maxconn MaxSslConns MaxZlibMemUsage Maxconn',
  ),
  ...rows(
    ['daemon'],
    'sum',
    'Maxpipes Maxsock Memmax_MB PipesFree PipesUsed Run_queue SessRate SessRateLimit',
  ),
  ...rows(['daemon'], 'sum', 'SslBackendKeyRate SslCacheLookups SslCacheMisses SslFrontendKeyRate SslRate'),
  ...rows(['daemon'], 'sum', 'SslRateLimit Tasks Ulimit-n ZlibMemUsage'),
  ...rows(
    ['daemon'],
    'range',
    'MaxConnRate MaxSessRate MaxSslRate SslBackendMaxKeyRate SslFrontendMaxKeyRate',
  ),
  ...rows(['daemon'], 'mean', 'Idle_pct SslFrontendSessionReuse_pct Uptime_sec'),

  ...rows(everywhere, 'sum', 'bin bout dresp hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other'),
  ...rows(everywhere, 'sum', 'rate scur slim stot'),
  ...rows(everywhere, 'range', 'rate_max smax'),
  ...rows(proxies, 'sum', 'comp_byp comp_in comp_out comp_rsp dreq intercepted req_tot'),
  ...rows(['frontend'], 'sum', 'conn_rate conn_tot dcon dses ereq rate_lim req_rate'),
  ...rows(['frontend'], 'range', 'conn_rate_max req_rate_max'),
  ...rows(balanced, 'sum', 'chkdown cli_abrt econ eresp lbtot qcur srv_abrt wredis wretr'),
  ...rows(balanced, 'range', 'qmax'),
  ...rows(['backend'], 'range', 'downtime'),
  ...rows(['backend'], 'mean', 'act bck'),
  ...rows(['server'], 'sum', 'chkfail'),
  ...rows(['server'], 'mean', 'throttle'),
  ...rows(balanced, 'mean', 'weight'),
  ...rows(balanced, 'requests', 'ctime qtime rtime ttime'),
];

/** The catalogue's rows for one kind of entity. */
export function fieldsOf(kind: EntityKind): readonly Field[] {
  return fields.filter((field) => field.kinds.includes(kind));
}
