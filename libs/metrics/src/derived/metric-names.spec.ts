import { allSemantics, allStates, fieldsOf, rowKinds, type Semantics } from '@haproxystats/haproxy';
import { processText } from '../../../../test/support/merged-node';
import { frameHead } from '../../../../test/support/frames';
import { ClusterMerger } from '../cluster/cluster-merger';
import { countersOf, ratesOf } from '../counters/counters';
import { NodeHistory } from '../counters/node-history';
import { peakedOf, peakMetrics } from '../counters/peaks';
import { finishTable } from '../finish';
import { entityOf, type Table } from '../frame';
import { withGroups } from '../levels/groups';
import { ProcessMerger } from '../merge-processes';
import type { ProcessText } from '../merged-processes';
import { selectableMetrics } from '../selection';
import { compileDerived } from './compile-derived';
import { derivedMetrics } from './derived-metrics';
import { distributionMetrics } from './distribution';
import { tableKinds } from './known-symbols';
import { metricNames } from './metric-names';

const intervalMs = 10_000;

/** Of the same process, which is no old worker. */
const fixedInfo: Readonly<Record<string, number>> = { Pid: 1, Stopping: 0 };

/** What HAProxy writes for states where that is not their name. */
const states: Readonly<Record<string, string>> = { NO_CHECK: 'no check', UNPUB: 'UP (UNPUB)', UNKNOWN: '?' };

/** A process that prints every field there is as the same number, of rows in every state of their kind. */
function everything(process: string, number: number): ProcessText {
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
        ...others.map(() => number),
      ].join(),
    ),
  );
  const info = fieldsOf('daemon').map(({ name }) => `${name}: ${fixedInfo[name] ?? number}`);
  const stat = `# ${[...fixed, ...others].join()}\n${rows.join('\n')}\n`;
  const asked = { slot: number * intervalMs, intervalMs, askedAt: number * intervalMs };
  return { ...processText(stat, `${info.join('\n')}\n`, process), asked };
}

const everyName = { names: ['all'], of: (members: readonly string[]) => members.map(() => [0]) };
const everyGroup = {
  groups: { frontend: everyName, backend: everyName, server: everyName },
  excludes: { frontends: new Set<string>(), backends: new Set<string>() },
};

/** Of the second poll, in which all counters and maxima have risen. */
function polledTwice(semantics: Semantics): readonly Table[] {
  const merger = new ProcessMerger({
    semantics,
    now: () => 0,
    rates: rowKinds.flatMap(countersOf),
    peaks: rowKinds.flatMap((kind) => peakedOf(kind).map(({ gauge }) => gauge)),
  });
  const history = new NodeHistory();
  const aggregatedServers = { excludedBackends: new Set<string>() };
  const poll = (number: number) =>
    merger.merge([everything('/a', number), everything('/b', number)], {
      expected: 2,
      history,
      aggregatedServers,
    });
  poll(5);
  return poll(6).tables;
}

/** All that the tables of a kind are sent as. */
function sentOf(semantics: Semantics): ReadonlyMap<string, ReadonlySet<string>> {
  const tables = polledTwice(semantics);
  const { derived } = compileDerived([], { semantics, percentages: true });
  const node = withGroups(tables, everyGroup);
  const cluster = new ClusterMerger();
  cluster.add({ head: frameHead({ semantics }), tables: node });
  const isOfInfo = ({ kind }: Table): boolean => kind === 'daemon' || kind === 'process';
  const rows = cluster.take().tables.filter((table) => !isOfInfo(table));
  const all = [...node.filter(isOfInfo), ...rows].map((table) => finishTable(table, intervalMs));
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
    const entity = entityOf[kind];
    const changes = [...ratesOf(entity, countersOf(entity)), ...peakMetrics(entity)];
    const offered = new Set([...metricNames(kind, semantics), ...own, ...changes]);
    expect([...(sent.get(kind) ?? [])].filter((name) => !offered.has(name))).toEqual([]);
  });
});
