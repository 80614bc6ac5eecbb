import { fieldNamed, ruleFacts, type EntityKind } from '@haproxystats/haproxy';

/** Behind the name of a gauge: the most at one time since the poll before. */
export const peakSuffix = '_peak';

/** Gauges of `show stat`, each with the field in which HAProxy keeps its maximum since the start, or since `clear counters`. */
const maxima: ReadonlyMap<string, string> = new Map([
  ['scur', 'smax'],
  ['qcur', 'qmax'],
  ['rate', 'rate_max'],
  ['req_rate', 'req_rate_max'],
  ['conn_rate', 'conn_rate_max'],
]);

/** A gauge whose peak can be told. */
export interface Peaked {
  readonly gauge: string;
  readonly maximum: string;
}

/** Those that a kind of entity has, of all or of these. */
export function peakedOf(kind: EntityKind, gauges: Iterable<string> = maxima.keys()): Peaked[] {
  return [...gauges].flatMap((gauge) => {
    const maximum = maxima.get(gauge);
    return maximum !== undefined && fieldNamed(kind, gauge) ? [{ gauge, maximum }] : [];
  });
}

/** The names of the peaks of those gauges that a kind of entity has, as fields. */
export function peakFieldNames(kind: EntityKind, gauges?: readonly string[]): string[] {
  return peakedOf(kind, gauges).map(({ gauge }) => gauge + peakSuffix);
}

/** All metrics that these give. */
export function peakMetrics(kind: EntityKind, gauges?: readonly string[]): string[] {
  const suffixes = ruleFacts.peak.metrics.map(([suffix]) => suffix);
  return peakFieldNames(kind, gauges).flatMap((name) => suffixes.map((suffix) => name + suffix));
}
