import type { EntityKind } from '../field';
import type { Rule } from '../rule';
import { wordsOf } from './words';

interface ClassicList {
  readonly kind: EntityKind;
  readonly rule: Rule;
  /** HAProxy's. */
  readonly names: readonly string[];
}

/** What proxies and servers have in common. */
const shared =
  'bin bout dresp hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other rate rate_max scur slim smax stot';

/** THE CLASSIC LISTS: what the original haproxystats collects, and how it combines it. */
export const classicLists: readonly ClassicList[] = [
  {
    kind: 'daemon',
    rule: 'classicSum',
    names: wordsOf(`
      CompressBpsIn CompressBpsOut CompressBpsRateLim ConnRate ConnRateLimit CumConns CumReq CumSslConns CurrConns
      CurrSslConns Hard_maxconn MaxConnRate MaxSessRate MaxSslConns MaxSslRate MaxZlibMemUsage Maxconn Maxpipes
      Maxsock Memmax_MB PipesFree PipesUsed Run_queue SessRate SessRateLimit SslBackendKeyRate SslBackendMaxKeyRate
      SslCacheLookups SslCacheMisses SslFrontendKeyRate SslFrontendMaxKeyRate SslFrontendSessionReuse_pct SslRate
      SslRateLimit Tasks Ulimit-n ZlibMemUsage`),
  },
  { kind: 'daemon', rule: 'classicMean', names: wordsOf('Idle_pct Uptime_sec') },
  { kind: 'daemon', rule: 'label', names: wordsOf('Process_num Nbproc Pid') },
  {
    kind: 'frontend',
    rule: 'classicSum',
    names: wordsOf(`
      comp_byp comp_in comp_out comp_rsp conn_rate conn_rate_max conn_tot dcon dses dreq ereq intercepted rate_lim
      req_rate req_rate_max req_tot ${shared}`),
  },
  {
    kind: 'backend',
    rule: 'classicSum',
    names: wordsOf(`
      chkdown cli_abrt comp_byp comp_in comp_out comp_rsp downtime dreq econ eresp intercepted lbtot qcur qmax
      req_tot srv_abrt wredis wretr ${shared}`),
  },
  { kind: 'backend', rule: 'classicMean', names: wordsOf('act bck weight') },
  { kind: 'backend', rule: 'classicTime', names: wordsOf('rtime ctime qtime ttime') },
  {
    kind: 'server',
    rule: 'classicSum',
    names: wordsOf(`chkfail chkdown cli_abrt econ eresp lbtot qcur qmax srv_abrt wredis wretr ${shared}`),
  },
  { kind: 'server', rule: 'classicMean', names: wordsOf('throttle weight') },
  { kind: 'server', rule: 'classicTime', names: wordsOf('ctime qtime rtime ttime') },
];

const byName = new Map<string, Partial<Record<EntityKind, Rule>>>();
for (const { kind, rule, names } of classicLists) {
  for (const name of names) byName.set(name, { ...byName.get(name), [kind]: rule });
}

/** How the original combines a field, by kind of entity, for those of `kinds` where it collects it. */
export function classicRules(name: string, kinds: readonly EntityKind[]): Partial<Record<EntityKind, Rule>> {
  const rules = Object.entries(byName.get(name) ?? {}) as [EntityKind, Rule][];
  return Object.fromEntries(rules.filter(([kind]) => kinds.includes(kind)));
}
