export type Alignment = 'left' | 'right';

/** Cells as lines, each column as wide as its longest cell; a column that is not named is aligned to the left. */
export function inColumns(
  lines: readonly (readonly string[])[],
  alignments: readonly Alignment[] = [],
): string[] {
  const columns = Math.max(0, ...lines.map(({ length }) => length));
  const widths = Array.from({ length: columns }, (_, column) =>
    lines.reduce((widest, cells) => Math.max(widest, cells[column]?.length ?? 0), 0),
  );
  return lines.map((cells) =>
    cells
      .map((cell, column) =>
        alignments[column] === 'right' ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
}

/** What comes from the wire must not steer the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}

/** Printable, and cut to as many characters. */
export function shortened(text: string, characters: number): string {
  const shown = printable(text);
  return shown.length <= characters ? shown : `${shown.slice(0, characters - 1)}…`;
}

/** `2026-11-20T10:00:00Z`; `-` for what is no time. */
export function timeText(ms: number): string {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? '-' : `${time.toISOString().slice(0, 19)}Z`;
}

const steps = [
  { unit: 's', ms: 1_000, below: 120_000 },
  { unit: 'min', ms: 60_000, below: 120 * 60_000 },
  { unit: 'h', ms: 3_600_000, below: 48 * 3_600_000 },
  { unit: 'd', ms: 86_400_000, below: Infinity },
] as const;

/** A length of time in its largest fitting unit: `12 s`, `3 min`, `-2 h`. */
export function durationText(ms: number): string {
  const { unit, ms: unitMs } = steps.find(({ below }) => Math.abs(ms) < below)!;
  const count = Math.trunc(ms / unitMs);
  return `${count === 0 ? 0 : count} ${unit}`;
}

/** `1 line`, `2 lines`. */
export function counted(count: number, what: string, plural = 's'): string {
  return `${count} ${what}${count === 1 ? '' : plural}`;
}
