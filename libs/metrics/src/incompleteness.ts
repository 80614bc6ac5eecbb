const newline = 0x0a;

export interface RowCount {
  readonly rows: number;
  readonly badRows: number;
  /** The rest of a piece was not read. What was added by then counts: it could only be taken back with a copy of all tables. */
  readonly isGivenUp: boolean;
}

/** What is wrong with a `show stat` whose good rows, so many, count; undefined where nothing is. Each piece of a whole one ends with a line end. */
export function incompleteness(
  stats: readonly Buffer[],
  { rows, badRows, isGivenUp }: RowCount,
): string | undefined {
  const isCut = stats.some((stat) => stat.at(-1) !== newline);
  const faults = [
    ...(badRows > 0 ? [`${badRows} rows of 'show stat' cannot be used`] : []),
    ...(isGivenUp ? ['what follows so many was not read'] : []),
    ...(isCut ? ["'show stat' ends within a line"] : []),
    ...(rows + badRows === 0 ? ["'show stat' has no rows below its header"] : []),
  ];
  return faults.length > 0 ? faults.join(', and ') : undefined;
}
