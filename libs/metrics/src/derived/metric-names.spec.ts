import { allSemantics, allStates, fieldsOf, rowKinds, type Semantics } from '@haproxystats/haproxy';
import { merge, processText } from '../../../../test/support/merged-node';
import { frameHead } from '../../../../test/support/frames';
import { ClusterMerger } from '../cluster/cluster-merger';
import { finishTable } from '../finish';
import type { Table } from '../frame';
import { withGroups } from '../levels/groups';
import { selectableMetrics } from '../selection';
import { compileDerived } from './compile-derived';
import { derivedMetrics } from './derived-metrics';
import { distributionMetrics } from './distribution';
import { tableKinds } from './known-symbols';
import { metricNames } from './metric-names';

/** What HAProxy writes for states where that is not their name. */
const states: Readonly<Record<string, string>> = { NO_CHECK: 'no check', UNPUB: 'UP (UNPUB)', UNKNOWN: '?' };

/** A process that prints every field there is as 5, of rows in every state of their kind. */
function everything(process: string) {
  const names = new Set(rowKinds.flatMap((kind) => fieldsOf(kind).map(({ name }) => name)));
  const fixed = ['pxname', 'svname', 'type', 'status', 'mode'];
  const others = [...names].filter((name) => !fixed.includes(name));
  const rows = allStates.flatMap(({ name, kinds }, i) =>
    kinds.map((kind) =>
      [
        `p${i}`,
        's',
        rowKinds.findIndex((row) => row === kind),
        states[name] ?? name,
        'http',
        ...others.map(() => 5),
      ].join(),
    ),
  );
  const info = fieldsOf('daemon').map(({ name }) => `${name}: 5`);
  const stat = `# ${[...fixed, ...others].join()}\n${rows.join('\n')}\n`;
  return processText(stat, `${info.join('\n')}\n`, process);
}

const everyName = { names: ['all'], of: (members: readonly string[]) => members.map(() => [0]) };
const everyGroup = {
  groups: { frontend: everyName, backend: everyName, server: everyName },
  excludes: { frontends: new Set<string>(), backends: new Set<string>() },
};

/** All that the tables of a kind are sent as. */
function sentOf(semantics: Semantics): ReadonlyMap<string, ReadonlySet<string>> {
  const { tables } = merge([everything('/a'), everything('/b')], {
    semantics,
    aggregatedServers: { excludedBackends: new Set() },
  });
  const { derived } = compileDerived([], { semantics, percentages: true });
  const node = withGroups(tables, everyGroup);
  const cluster = new ClusterMerger();
  cluster.add({ head: frameHead({ semantics }), tables: node });
  const isOfInfo = ({ kind }: Table): boolean => kind === 'daemon' || kind === 'process';
  const rows = cluster.take().tables.filter((table) => !isOfInfo(table));
  const all = [...node.filter(isOfInfo), ...rows].map((table) => finishTable(table, 10_000));
  const finished = derived.apply(all, { semantics });
  return new Map(
    finished.map(({ kind, metrics }) => [
      kind,
      new Set(metrics.filter(({ present }) => present.some((bits) => bits !== 0)).map(({ name }) => name)),
    ]),
  );
}

describe.each(allSemantics)('what formulas and lists can name with semantics = %s', (semantics) => {
  const sent = sentOf(semantics);
  const missing = (kind: string, names: Iterable<string>) =>
    [...names].filter((name) => !sent.get(kind)?.has(name));

  it.each(tableKinds)('is sent of %s', (kind) => {
    expect(missing(kind, metricNames(kind, semantics))).toEqual([]);
  });

  it.each(['frontend', 'backend', 'server', 'listener'] as const)('in a list is sent of %s', (kind) => {
    const names = [...selectableMetrics(kind, semantics)].filter((name) => name !== 'status');
    expect(missing(kind, names)).toEqual([]);
  });

  it.each(tableKinds)('is all that is sent of %s', (kind) => {
    const own = [...derivedMetrics, ...distributionMetrics].map(({ name }) => name);
    const offered = new Set([...metricNames(kind, semantics), ...own]);
    expect([...(sent.get(kind) ?? [])].filter((name) => !offered.has(name))).toEqual([]);
  });
});
