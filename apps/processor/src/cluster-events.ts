import type { PartitionSession } from '@haproxystats/messaging';
import { rowsOf } from '@haproxystats/metrics';
import type { ClusterRoleEvents } from './cluster/cluster-role';
import type { ProcessorMetrics } from './processor.metrics';

/** What the cluster role tells, counted. */
export function clusterEvents(metrics: ProcessorMetrics): ClusterRoleEvents {
  const skews = new Skews((seconds) => metrics.clockSkew.set(seconds));
  return {
    emitted: ({ frame, inexact, lost }) => {
      const { coverage, late } = frame.head;
      const isComplete = coverage.covered === coverage.expected;
      metrics.clusterFrames.inc({ coverage: isComplete ? 'complete' : 'partial' });
      if (late) metrics.clusterFrames.inc({ coverage: 'late' });
      metrics.clusterRows.inc(rowsOf(frame));
      metrics.inexactValues.inc(inexact);
      metrics.clusterLost.inc(lost);
    },
    duplicate: () => metrics.clusterDuplicates.inc(),
    late: () => metrics.lateNodeFrames.inc(),
    keptOut: (reason) => metrics.keptOutFrames.inc({ reason }),
    cut: () => metrics.cutFrames.inc(),
    unreadableRecord: () => metrics.unreadableRecords.inc(),
    skew: (session, cluster, ms) => skews.set(session, cluster, ms),
  };
}

/** The largest of the clusters whose partitions are in hand. */
class Skews {
  readonly #sessions = new Map<PartitionSession, Map<string, number>>();

  constructor(private readonly tell: (seconds: number) => void) {}

  set(session: PartitionSession, cluster: string, ms: number): void {
    const clusters = this.#sessions.get(session) ?? new Map<string, number>();
    this.#sessions.set(session, clusters);
    if (ms > 0) clusters.set(cluster, ms);
    else clusters.delete(cluster);
    let largest = 0;
    for (const [each, skews] of this.#sessions) {
      if (each.signal.aborted) this.#sessions.delete(each);
      else for (const skew of skews.values()) largest = Math.max(largest, skew);
    }
    this.tell(largest / 1_000);
  }
}
