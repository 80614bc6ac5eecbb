import type { StoredLetter } from '@haproxystats/messaging';

/** One line of the table. */
export interface LetterRow {
  readonly letter: StoredLetter;
  /** When it was put aside, ms since the epoch. */
  readonly keptAt: number;
  /** `partition/offset` in the queue. */
  readonly place: string;
}

/** `new`, or why it cannot be put back. */
export type LetterState = 'new' | 'replayed' | 'again' | 'cut';

const head = ['TIME', 'NODE', 'PROCESS', 'SLOT', 'BYTES', 'RECORD', 'STATE', 'REASON'];
const maxReason = 160;

export function stateOf({ letter, place }: LetterRow, replayed: ReadonlySet<string>): LetterState {
  if (replayed.has(place)) return 'replayed';
  if (letter.replays > 0) return 'again';
  return letter.cut.length > 0 ? 'cut' : 'new';
}

/** The rows under a head, in columns. */
export function letterTable(rows: readonly LetterRow[], replayed: ReadonlySet<string>): string {
  const lines = [head, ...rows.map((row) => cellsOf(row, stateOf(row, replayed)))];
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
  return lines.map((cells) => `${inColumns(cells, widths)}\n`).join('');
}

function inColumns(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => cell.padEnd(widths[column]!))
    .join('  ')
    .trimEnd();
}

function cellsOf({ letter, keptAt }: LetterRow, state: LetterState): string[] {
  const { node, process, slot, bytes, topic, partition, offset, reason, error } = letter;
  return [
    timeOf(keptAt),
    node ?? '-',
    process ?? '-',
    slot === undefined ? '-' : timeOf(slot),
    String(bytes),
    `${topic}/${partition}/${offset}`,
    state,
    `${reason}: ${error}`.slice(0, maxReason),
  ].map(printable);
}

function timeOf(ms: number): string {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? '-' : `${time.toISOString().slice(0, 19)}Z`;
}

/** What comes from the wire must not steer the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}
