import { rowsOf } from '@haproxystats/metrics';
import type { Logger } from '@haproxystats/runtime';
import { DroppedColumns } from './dropped-columns';
import type { NodeRoleEvents } from './node/node-role';
import type { ProcessorMetrics } from './processor.metrics';

/** What the node role tells, counted; columns that are left out are said as well. */
export function nodeEvents(metrics: ProcessorMetrics, logger: Logger): NodeRoleEvents {
  const columns = new DroppedColumns(logger);
  return {
    emitted: (merged) => {
      const { frame, badRows, droppedColumns, droppedTexts, inexact } = merged;
      const { covered, expected } = frame.head.coverage;
      (covered === expected ? metrics.completeFrames : metrics.partialFrames).inc();
      metrics.rows.inc(rowsOf(frame));
      metrics.badRows.inc(badRows);
      metrics.droppedColumns.inc(droppedColumns.length);
      metrics.droppedTexts.inc(droppedTexts);
      metrics.inexactValues.inc(inexact);
      columns.tell(merged);
    },
    counterState: (bytes) => metrics.counterStateBytes.set(bytes),
    uncounted: () => metrics.uncounted.inc(),
    duplicate: () => metrics.duplicates.inc(),
    late: () => metrics.lateRecords.inc(),
    unreadableRecord: () => metrics.unreadableRecords.inc(),
    unreadableProcess: () => metrics.unreadableProcesses.inc(),
  };
}
