/** What the seeds of a run came to; the columns of the printed table. */
const columns = [
  'seeds',
  'snapshots',
  'complete',
  'partial',
  'emissions',
  'duplicates',
  'crashes',
  'rebalances',
  'flushes',
  'roll-backs',
  'outages',
  'zombies',
  'late',
  'closes',
  'poison',
  'forced',
  'lost',
  'doubled',
  'wrong',
  'unprimed',
  'unburied',
  'stuck',
] as const;

export type Column = (typeof columns)[number];

/** What must stay 0, and what it means. */
export const faults = {
  lost: 'a process came within grace, and the frame that a reader keeps lacks it',
  doubled: 'a process counts twice in a frame, or a snapshot came twice though nothing went wrong',
  wrong: 'a frame has what is not its own, a wrong sum or a wrong coverage, or nothing goes on',
  unprimed: 'a new owner does not read the predecessor of a process again',
  unburied: 'a record that cannot be read was passed, and not put aside',
  stuck: 'nothing had to be waited for, and a frame came later, or the watermark stood',
} as const satisfies Partial<Record<Column, string>>;

export type Fault = keyof typeof faults;

export class Tally {
  readonly #counts = new Map<Column, number>(columns.map((column) => [column, 0]));

  add(column: Column, count = 1): void {
    this.#counts.set(column, this.of(column) + count);
  }

  addAll(other: Tally): void {
    for (const column of columns) this.add(column, other.of(column));
  }

  of(column: Column): number {
    return this.#counts.get(column)!;
  }

  toString(): string {
    const cells = columns.map((column) => {
      const count = String(this.of(column));
      const width = Math.max(column.length, count.length);
      return [column.padStart(width), count.padStart(width)] as const;
    });
    return [0, 1].map((line) => cells.map((cell) => cell[line]).join('  ')).join('\n') + '\n';
  }
}
