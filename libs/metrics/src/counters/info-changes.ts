import { countersOf, rateSuffix, wrapsAbove, wrapsAt, wrappingCounters } from './counters';
import type { Former } from './node-history';
import { knownPeak, peakedOf } from './peaks';
import type { Tracked } from './row-changes';

type Numbers = ReadonlyMap<string, number>;

/** What is known of the most that a gauge was at one time since the poll before. */
export interface KnownPeak {
  readonly peak: number;
  /** Else it was at least so much. */
  readonly isExact: boolean;
}

/** What the numbers of a `show info` did since the poll before. */
export interface InfoChanges {
  /** Of counters, by their names as fields: what each rose by in an interval. Empty where nothing is known of before. */
  readonly rates: ReadonlyMap<string, number>;
  /** Of gauges, by their names: the most at one time. */
  readonly peaks: ReadonlyMap<string, KnownPeak>;
}

export function infoChanges(
  numbers: Numbers,
  former: Former | undefined,
  { rates, peaks }: Tracked,
): InfoChanges {
  return { rates: infoRates(numbers, former, rates), peaks: infoPeaks(numbers, former, peaks) };
}

function infoRates(
  numbers: Numbers,
  former: Former | undefined,
  rates: ReadonlySet<string>,
): Map<string, number> {
  const increases = new Map<string, number>();
  if (!former) return increases;
  for (const name of infoCounters(rates)) {
    const value = numbers.get(name);
    const before = former.isNew ? 0 : former.counted?.info.get(name);
    if (value === undefined || before === undefined) continue;
    increases.set(name + rateSuffix, increase(name, before, value) * former.share);
  }
  return increases;
}

function infoPeaks(
  numbers: Numbers,
  former: Former | undefined,
  peaks: ReadonlySet<string>,
): Map<string, KnownPeak> {
  const known = new Map<string, KnownPeak>();
  for (const { gauge, maximum } of peakedOf('daemon', peaks)) {
    const [sample, max] = [numbers.get(gauge), numbers.get(maximum)];
    if (sample === undefined || max === undefined) continue;
    const since = former?.isNew ? -Infinity : (former?.counted?.info.get(maximum) ?? NaN);
    known.set(gauge, { peak: knownPeak(sample, max, since), isExact: max > since });
  }
  return known;
}

/** What of a `show info` is kept for the next poll. */
export function infoCounts(numbers: Numbers, { rates, peaks }: Tracked): Map<string, number> {
  const maxima = peakedOf('daemon', peaks).map(({ maximum }) => maximum);
  return new Map(
    [...infoCounters(rates), ...maxima].flatMap((name) => {
      const value = numbers.get(name);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

function infoCounters(rates: ReadonlySet<string>): string[] {
  return countersOf('daemon').filter((name) => rates.has(name));
}

/** A counter that falls began again: at its end, or because it was put back. */
function increase(name: string, before: number, value: number): number {
  if (value >= before) return value - before;
  const hasWrapped = wrappingCounters.has(name) && before > wrapsAbove && value < wrapsAbove;
  return hasWrapped ? value + wrapsAt - before : value;
}
