import type { Semantics } from '@haproxystats/haproxy';
import type { TableKind } from '../frame';

/** A metric that is computed from other metrics of the same row. */
export interface DerivedMetric {
  readonly name: string;
  readonly tables: readonly TableKind[];
  readonly semantics: Semantics;
  readonly formula: string;
  /** The setting without which it is not computed. */
  readonly option?: 'calculate-percentages';
  /** One sentence for users. */
  readonly doc: string;
}

const processes = ['daemon', 'process'] as const;
const proxies = ['frontend', 'backend', 'frontend-group', 'backend-group'] as const;
const balanced = ['backend', 'server', 'aggregated-server', 'backend-group', 'server-group'] as const;

/** How full what has a limit is. The original cuts the fraction off, and sends 0 where there is no limit. */
const shares = [
  { name: 'ConnPercentage', value: 'CurrConns', limit: 'Maxconn' },
  { name: 'ConnRatePercentage', value: 'ConnRate', limit: 'ConnRateLimit' },
  { name: 'SslConnPercentage', value: 'CurrSslConns', limit: 'MaxSslConns' },
  { name: 'SslRatePercentage', value: 'SslRate', limit: 'SslRateLimit' },
] as const;

/** The names of those metrics. */
export const percentages: readonly string[] = shares.map(({ name }) => name);

const ofLimits: readonly DerivedMetric[] = shares.flatMap(({ name, value, limit }): DerivedMetric[] => [
  {
    name,
    tables: processes,
    semantics: 'exact',
    formula: `100 * ${value} / ${limit}`,
    option: 'calculate-percentages',
    doc: `\`${value}\` in percent of \`${limit}\`; not sent where there is no limit.`,
  },
  {
    name,
    tables: processes,
    semantics: 'classic',
    formula: `${limit} == 0 ? 0 : fix(100 * ${value} / ${limit})`,
    option: 'calculate-percentages',
    doc: `\`${value}\` in whole percent of \`${limit}\`; 0 where there is no limit.`,
  },
]);

/** THE DERIVED METRICS; a formula may use those above it. Where it divides by zero, or an input is missing, no point is sent. */
export const derivedMetrics: readonly DerivedMetric[] = [
  {
    name: 'CpuUsagePct',
    tables: processes,
    semantics: 'exact',
    formula: '100 - Idle_pct',
    doc: 'How busy HAProxy is: a mean in which each process counts as much as it has threads.',
  },
  {
    name: 'CpuUsagePct',
    tables: ['process'],
    semantics: 'classic',
    formula: '100 - Idle_pct',
    doc: 'How busy the process is.',
  },
  {
    name: 'SslFrontendSessionReuse_pct',
    tables: processes,
    semantics: 'exact',
    formula: '100 * max(0, SslRate - SslFrontendKeyRate) / SslRate',
    doc: 'Of the TLS sessions in the last second, those that were resumed and needed no new key.',
  },
  ...ofLimits,
  {
    name: 'SslCacheHit_pct',
    tables: processes,
    semantics: 'exact',
    formula: '100 * (SslCacheLookups - SslCacheMisses) / SslCacheLookups',
    option: 'calculate-percentages',
    doc: 'Lookups in the TLS session cache that found something, since the start.',
  },
  {
    name: 'cache_hit_pct',
    tables: proxies,
    semantics: 'exact',
    formula: '100 * cache_hits / cache_lookups',
    option: 'calculate-percentages',
    doc: 'Lookups in the HTTP cache that found something, since the start.',
  },
  {
    name: 'comp_saved_pct',
    tables: proxies,
    semantics: 'exact',
    formula: '100 * (comp_in - comp_out) / comp_in',
    option: 'calculate-percentages',
    doc: 'By how much compression made what it was given smaller, since the start.',
  },
  {
    name: 'reuse_pct',
    tables: balanced,
    semantics: 'exact',
    formula: '100 * reuse / (connect + reuse)',
    option: 'calculate-percentages',
    doc: 'Requests that used a connection again instead of a new one, since the start.',
  },
];
