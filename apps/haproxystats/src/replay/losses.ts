import { toldColumns, type MergedSnapshot } from '@haproxystats/processor';
import { counted } from '../display';

/** Names that are remembered; they come from what processes said. */
const maxDroppedColumns = 1_000;

/** What was lost of snapshots that could be used. */
export class Losses {
  /** Columns of which nobody knows how to combine them. */
  readonly droppedColumns = new Set<string>();
  /** Texts that were too long or too many. */
  droppedTexts = 0;
  /** Numbers beyond 2^53, as printed or added up. */
  inexact = 0;

  add({ droppedColumns, droppedTexts, inexact }: MergedSnapshot): void {
    this.droppedTexts += droppedTexts;
    this.inexact += inexact;
    for (const name of droppedColumns)
      if (this.droppedColumns.size < maxDroppedColumns) this.droppedColumns.add(name);
  }

  /** A sentence for each kind. */
  told(): string[] {
    const { droppedColumns, droppedTexts, inexact } = this;
    const columns = `columns left out, because nothing says how to combine them over processes: ${toldColumns(droppedColumns)}`;
    return [
      ...(droppedColumns.size > 0 ? [columns] : []),
      ...(droppedTexts > 0 ? [`${counted(droppedTexts, 'text')} left out: too long, or too many`] : []),
      ...(inexact > 0
        ? [`${counted(inexact, 'number')} beyond 2^53, as printed or added up: their last digits are lost`]
        : []),
    ];
  }
}
