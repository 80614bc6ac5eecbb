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

/** What is known of the most that a gauge was at one time since the poll before. */
export interface KnownPeak {
  readonly peak: number;
  /** Else it was at least so much. */
  readonly isExact: boolean;
}

/** Where the peaks of a gauge go: a cell a row. */
export interface PeakCells {
  readonly max: Float64Array;
  readonly sum: Float64Array;
  readonly inexact: Float64Array;
}

/** A gauge and its maximum now; and what the maximum was, NaN where nobody knows. */
export interface PeakSamples {
  readonly sample: number;
  readonly max: number;
  readonly since: number;
}

/**
 * A maximum that rose is the peak, and so is that of something new: its `since` is 0. Else the gauge was at least what it is now, or what
 * the maximum has come to since it was put back.
 */
export function knownPeak(
  { sample, max, since }: PeakSamples,
  { isNew = false, wasPutBack = max < since },
): KnownPeak {
  const isExact = !wasPutBack && (isNew || max > since);
  return { peak: isExact || wasPutBack ? max : sample, isExact };
}

/** Adds what is known of a member to the cells of a row. */
export function addPeakTo({ max, sum, inexact }: PeakCells, row: number, { peak, isExact }: KnownPeak): void {
  if (!(max[row]! >= peak)) max[row] = peak;
  addTo(sum, row, peak);
  addTo(inexact, row, isExact ? 0 : 1);
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
