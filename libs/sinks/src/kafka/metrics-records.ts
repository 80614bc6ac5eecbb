import type { MetricsRecord, NestedMetrics } from '@haproxystats/messaging';
import type { FinishedFrame, FinishedTable, FrameHead, TableKind } from '@haproxystats/metrics';
import { coverageOf } from '../coverage-of';
import { TableNumbers } from './table-numbers';

/** Which record the rows of a table stand in. */
interface Place {
  readonly kind: MetricsRecord['kind'];
  /** What the record is named by. */
  readonly name: 'proxies' | 'servers';
  /** Where in the record a row stands; as its own metrics unless given. */
  readonly nested?: 'servers' | 'listeners';
}

/** THE RECORDS: in which one the rows of each table stand. */
const places: Readonly<Record<TableKind, Place>> = {
  daemon: { kind: 'daemon', name: 'proxies' },
  process: { kind: 'process', name: 'proxies' },
  frontend: { kind: 'frontend', name: 'proxies' },
  listener: { kind: 'frontend', name: 'proxies', nested: 'listeners' },
  backend: { kind: 'backend', name: 'proxies' },
  server: { kind: 'backend', name: 'proxies', nested: 'servers' },
  'aggregated-server': { kind: 'aggregated-server', name: 'servers' },
  'frontend-group': { kind: 'frontend-group', name: 'proxies' },
  'backend-group': { kind: 'backend-group', name: 'proxies' },
  'server-group': { kind: 'server-group', name: 'proxies' },
};

interface Draft {
  metrics: ReadonlyMap<string, number>;
  readonly servers: NestedMetrics[];
  readonly listeners: NestedMetrics[];
}

/**
 * The records of one frame, uncut: one per proxy, with its servers and listeners. Takes all parts of the frame, because each has a share of the
 * rows of every table, so that a proxy and its servers may stand in different ones. A proxy of which only servers are there has no metrics.
 */
export function* metricsRecords(parts: readonly FinishedFrame[]): Generator<MetricsRecord> {
  const [first] = parts;
  if (!first) return;
  const drafts = new Drafts();
  for (const { tables } of parts) for (const table of tables) drafts.add(table);
  const head = headOf(first.head);
  for (const [kind, proxies] of drafts.kinds)
    for (const [proxy, draft] of proxies) yield { ...head, kind, proxy, part: 0, parts: 1, ...draft };
}

class Drafts {
  /** In the order in which they came. */
  readonly kinds = new Map<MetricsRecord['kind'], Map<string, Draft>>();

  add(table: FinishedTable): void {
    const { kind, name, nested } = places[table.kind];
    const numbers = new TableNumbers(table);
    const proxies = this.#proxiesOf(kind);
    for (const [row, proxy] of table[name].entries()) {
      const draft = draftOf(proxy, proxies);
      const metrics = numbers.of(row);
      if (nested) draft[nested].push({ name: table.servers[row]!, metrics });
      else draft.metrics = metrics;
    }
  }

  #proxiesOf(kind: MetricsRecord['kind']): Map<string, Draft> {
    const proxies = this.kinds.get(kind) ?? new Map<string, Draft>();
    this.kinds.set(kind, proxies);
    return proxies;
  }
}

function draftOf(proxy: string, proxies: Map<string, Draft>): Draft {
  let draft = proxies.get(proxy);
  if (!draft) {
    draft = { metrics: new Map(), servers: [], listeners: [] };
    proxies.set(proxy, draft);
  }
  return draft;
}

function headOf(head: FrameHead) {
  const { scope, cluster, node, slot, intervalMs } = head;
  return { scope, cluster, node, slot, interval_ms: intervalMs, coverage: coverageOf(head) };
}
