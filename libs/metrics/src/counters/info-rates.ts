import { countersOf, rateSuffix, wrapsAbove, wrapsAt, wrappingCounters } from './counters';
import type { Former } from './node-history';

type Numbers = ReadonlyMap<string, number>;

/** The rates of counters of `show info`, by their names as fields: what each rose by in an interval. Empty where nothing is known of before. */
export function infoRates(
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

/** What of a `show info` is kept for the next poll. */
export function infoCounts(numbers: Numbers, rates: ReadonlySet<string>): Map<string, number> {
  return new Map(
    infoCounters(rates).flatMap((name) => {
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
