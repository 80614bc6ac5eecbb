import { fields, parseInfo, requestWeight, StatScanner, type StatRows } from '@haproxystats/haproxy';
import type { Table } from './frame';
import { TableAccumulator } from './table-accumulator';

/** What one process said: its `show info`, and its `show stat` in one or more pieces, each with the header. */
export interface ProcessText {
  readonly info: Buffer;
  readonly stats: readonly Buffer[];
}

/** The columns of `show stat` that the catalogue has a row for. */
const wantedColumns: readonly string[] = [
  ...new Set([
    ...fields.filter((field) => !field.kinds.includes('daemon')).map((field) => field.name),
    requestWeight,
  ]),
];

/** Of one process; HAProxy's limits are far below. */
const maxRows = 200_000;

/** Scanners whose arrays are used again from process to process: one for each piece of the longest `show stat` so far. */
export type Scanners = StatScanner[];

/** Merges the processes of a node: entities of one kind and name become one row. */
export class ProcessMerger {
  readonly #daemon = new TableAccumulator('daemon');
  readonly #entities = (['frontend', 'backend', 'server'] as const).map((kind) => new TableAccumulator(kind));
  #badRows = 0;

  /** `scanners`: to be kept by whoever merges again and again; an empty array at first. */
  constructor(private readonly scanners: Scanners = []) {}

  /** Rows that could not be used, over all processes. */
  get badRows(): number {
    return this.#badRows;
  }

  /** Adds a whole process or, when it throws StatFormatError, nothing of it. */
  add({ info, stats }: ProcessText): void {
    const blocks = this.#scan(stats);
    this.#daemon.addNumbers(parseInfo(info).numbers);
    for (const table of this.#entities) {
      table.restart();
      for (const block of blocks) table.add(block);
    }
    for (const block of blocks) this.#badRows += block.badRows;
  }

  /** One table per kind that has rows. */
  tables(): Table[] {
    return [this.#daemon, ...this.#entities]
      .map((table) => table.table())
      .filter(({ proxies }) => proxies.length > 0);
  }

  #scan(stats: readonly Buffer[]): StatRows[] {
    let left = maxRows;
    return stats.map((stat, i) => {
      const scanner = (this.scanners[i] ??= new StatScanner(wantedColumns));
      const block = scanner.scan(stat, left);
      left -= block.count;
      return block;
    });
  }
}
