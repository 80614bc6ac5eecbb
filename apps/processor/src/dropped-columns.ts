import { LastTold, type Logger } from '@haproxystats/runtime';
import type { MergedSnapshot } from './node/merge-node';

/** How many names are told, and how much of each: they come from the wire. */
const maxNames = 20;
const maxNameLength = 64;

/** What stands for columns that nobody knows how to combine, in a log line or a summary. */
export function toldColumns(names: Iterable<string>): string {
  const sorted = [...names].sort();
  const told = sorted.slice(0, maxNames).map((name) => name.slice(0, maxNameLength));
  const more = sorted.length - told.length;
  return told.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Says which columns are left out: once per node, and again when they are others. */
export class DroppedColumns {
  readonly #told = new LastTold();

  constructor(private readonly logger: Logger) {}

  tell({ frame: { head }, droppedColumns }: Pick<MergedSnapshot, 'frame' | 'droppedColumns'>): void {
    const { cluster, node } = head;
    const columns = toldColumns(droppedColumns);
    if (!this.#told.isNews(`${cluster}/${node}`, columns)) return;
    if (columns === '') this.logger.info({ cluster, node }, `node ${node}: every column is combined again`);
    else
      this.logger.warn(
        { cluster, node, columns: droppedColumns.length },
        `node ${node}: left out, because nobody knows how to combine them over processes: ${columns}. That is right for texts, and for what has the name of another metric; for numbers see in the log of its puller whether HAProxy answers what they are`,
      );
  }
}
