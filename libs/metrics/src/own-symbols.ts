import type { EntityKind } from '@haproxystats/haproxy';
import { countersOf, ratesOf } from './counters/counters';
import { peakMetrics } from './counters/peaks';
import { derivedMetrics } from './derived/derived-metrics';
import { distributionMetrics } from './derived/distribution';
import { metricNames } from './derived/metric-names';
import { symbolOf } from './derived/symbol-of';
import { entityOf, type TableKind } from './frame';

const tableKinds = Object.keys(entityOf) as TableKind[];

/**
 * The symbols of all names under which we send something of rows of a kind, and of the tables, which are folders in paths. A column that
 * HAProxy adds one day must have none of them: two metrics would have one path.
 */
export function ownSymbols(kind: EntityKind): ReadonlySet<string> {
  const tables = tableKinds.filter((table) => entityOf[table] === kind);
  const derived = derivedMetrics.filter((row) => row.tables.some((table) => tables.includes(table)));
  const names = [
    ...tableKinds,
    ...tables.flatMap((table) => metricNames(table, 'exact')),
    ...ratesOf(kind, countersOf(kind)),
    ...peakMetrics(kind),
    ...derived.map(({ name }) => name),
    ...(kind === 'daemon' ? distributionMetrics.map(({ name }) => name) : []),
  ];
  return new Set(names.map(symbolOf));
}
