import { Counter, type Registry } from 'prom-client';
import type { Make } from './metric-makers';

/** What the cluster role tells about itself. */
export function clusterMetrics(registry: Registry, { counter, gauge }: Make) {
  return {
    clusterFrames: new Counter({
      name: 'haproxystats_processor_cluster_frames_total',
      help: 'Frames of clusters: complete, partial (nodes or processes missing), or late (sent anew with more)',
      labelNames: ['coverage'],
      registers: [registry],
    }),
    clusterDuplicates: counter(
      'cluster_duplicates_total',
      'Slots of clusters that the ledger knew as emitted',
    ),
    lateNodeFrames: counter(
      'cluster_late_node_frames_total',
      'Frames of nodes that came too late for their cluster and do not count',
    ),
    keptOutFrames: new Counter({
      name: 'haproxystats_processor_cluster_kept_out_frames_total',
      help: 'Frames of nodes that were kept out of the sums of their cluster, because of their clock or their interval',
      labelNames: ['reason'],
      registers: [registry],
    }),
    cutFrames: counter(
      'cluster_cut_frames_total',
      'Frames of nodes in several parts, of which some did not come',
    ),
    clusterRows: counter('cluster_rows_total', 'Rows of frames of clusters that were written'),
    clusterLost: counter(
      'cluster_lost_rows_total',
      'Rows and columns of nodes for which a frame of their cluster had no room',
    ),
    clockSkew: gauge(
      'clock_skew_seconds',
      'How far, at most, the clock of a node is off, against what is usual in its cluster',
    ),
  };
}
