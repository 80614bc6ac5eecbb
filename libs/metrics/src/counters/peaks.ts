import { fieldNamed, ruleFacts, type EntityKind } from '@haproxystats/haproxy';
import { addTo } from '../steps';

/** Behind the name of a gauge: the most at one time since the poll before. */
export const peakSuffix = '_peak';

/** Gauges, each with the field in which HAProxy keeps its maximum since the start, or since `clear counters`. */
const maxima: ReadonlyMap<string, string> = new Map([
  ['scur', 'smax'],
  ['qcur', 'qmax'],
  ['rate', 'rate_max'],
  ['req_rate', 'req_rate_max'],
  ['conn_rate', 'conn_rate_max'],
  ['ConnRate', 'MaxConnRate'],
  ['SessRate', 'MaxSessRate'],
  ['SslRate', 'MaxSslRate'],
  ['SslFrontendKeyRate', 'SslFrontendMaxKeyRate'],
  ['SslBackendKeyRate', 'SslBackendMaxKeyRate'],
]);

/** A gauge whose peak can be told. */
export interface Peaked {
  readonly gauge: string;
  readonly maximum: string;
}

/** Where the peaks of a gauge go: a cell a row. */
export interface PeakCells {
  readonly max: Float64Array;
  readonly sum: Float64Array;
  readonly inexact: Float64Array;
}

/**
 * What is known of the most that a gauge was at one time. `since`: what its maximum was; -Infinity for something new, Infinity for one that
 * was put back, NaN where nobody knows. A maximum that rose is the peak, exactly. One that was put back has come to so much since then; else
 * the gauge was at least what it is now.
 */
export function knownPeak(sample: number, max: number, since: number): number {
  return max > since || max < since ? max : sample;
}

/** Adds the peak of a member to the cells of a row; of numbers, because it is called for each row. */
export function addPeakTo({ max, sum }: PeakCells, row: number, peak: number): void {
  if (!(max[row]! >= peak)) max[row] = peak;
  addTo(sum, row, peak);
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
