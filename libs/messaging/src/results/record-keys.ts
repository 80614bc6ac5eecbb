import type { HaproxyEvent } from '@haproxystats/metrics';
import type { MetricsRecord } from './metrics-record';

type MetricsNames = Pick<MetricsRecord, 'cluster' | 'node' | 'proxy'> & { readonly kind: string };

/** The key of a record of metrics.node.v1 and metrics.cluster.v1: `cluster/node/kind/proxy`; the node of a cluster's is ''. */
export function metricsKey({ cluster, node, kind, proxy }: MetricsNames): string {
  return `${cluster}/${node}/${kind}/${proxy}`;
}

/** The key of a record of events.v1: `cluster/node/entity`. */
export function eventKey({
  cluster,
  node,
  entity,
}: Pick<HaproxyEvent, 'cluster' | 'node' | 'entity'>): string {
  return `${cluster}/${node}/${entity}`;
}
