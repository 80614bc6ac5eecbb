import { withoutExcluded, type Excludes } from './excludes';
import { finishTable } from './finish';
import type { FinishedFrame, FinishedTable } from './finished';
import type { Frame, FrameHead } from './frame';
import type { Selection } from './selection';

export interface FinishOptions {
  /** Computes further metrics from those of the tables. */
  readonly derived: { apply(tables: readonly FinishedTable[], head: FrameHead): readonly FinishedTable[] };
  readonly selection: Selection;
  readonly excludes: Excludes;
  /** Whether the table of processes is wanted: without it too, what is derived from it comes. */
  readonly processes: boolean;
}

/** Makes of a frame what a sink sends: parts become metrics, derived ones join them, what users do not want goes. */
export function finishFrame({ head, tables }: Frame, options: FinishOptions): FinishedFrame {
  const { derived, selection, excludes, processes } = options;
  const { semantics } = head;
  const finished = tables.map((table) => finishTable(table, head.intervalMs));
  const selected = (table: FinishedTable): FinishedTable => ({
    ...table,
    metrics: table.metrics.filter((metric) => selection.wants(metric, { table: table.kind, semantics })),
  });
  const all = derived.apply(finished, head).filter(({ kind }) => processes || kind !== 'process');
  return { head, tables: all.map((table) => withoutExcluded(selected(table), excludes)) };
}
