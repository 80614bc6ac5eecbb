/**
 * The name under which a formula knows a metric: a number at the beginning goes behind the first word, and what is no letter, digit or `_`
 * becomes `_`. So `25PercentileCpuUsagePct` is `Percentile25CpuUsagePct`, `Ulimit-n` is `Ulimit_n`, `Unstoppable Jobs` is `Unstoppable_Jobs`.
 */
export function symbolOf(metric: string): string {
  return metric
    .replace(/^(\d+)([A-Z]?[a-z]+)/, '$2$1')
    .replace(/\W/g, '_')
    .replace(/^(?=\d)/, '_');
}
