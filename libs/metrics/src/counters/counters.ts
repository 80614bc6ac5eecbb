import { fieldsOf, ruleOf, type EntityKind } from '@haproxystats/haproxy';

/** Behind the name of a counter: what it rises by in a second. */
export const rateSuffix = '_rate';

/** The counters of a kind of entity whose rates can be asked for: those that are added up. */
export function countersOf(kind: EntityKind): string[] {
  return fieldsOf(kind)
    .filter((field) => field.nature === 'counter' && ruleOf(field, kind, 'exact') === 'sum')
    .map(({ name }) => name);
}

/** The names of the rates of those counters that a kind of entity has. */
export function ratesOf(kind: EntityKind, counters: readonly string[]): string[] {
  const known = new Set(countersOf(kind));
  return counters.filter((name) => known.has(name)).map((name) => name + rateSuffix);
}

/**
 * Counters of `show info` that HAProxy keeps in 32 bits, in all releases up to 3.4 (`u32` in its typed output): behind 4,294,967,295 comes
 * 0. Nothing else lets one of them fall while its process lives: `clear counters` leaves them alone. All counters of `show stat` have 64
 * bits since 1.5.
 */
export const wrappingCounters: ReadonlySet<string> = new Set([
  'PoolFailed',
  'CumConns',
  'CumReq',
  'CumSslConns',
  'SslCacheLookups',
  'SslCacheMisses',
  'CumRecvLogs',
  'DroppedLogs',
  'FailedResolutions',
  'DebugCommandsIssued',
  'TotalWarnings',
  'MaxconnReached',
  'BlockedTrafficWarnings',
]);

/** A counter that falls from below this has not come to its end: it was put back. */
export const wrapsAbove = 2 ** 31;
export const wrapsAt = 2 ** 32;
