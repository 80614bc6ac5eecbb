import type { StoredLetter } from '@haproxystats/messaging';
import { inColumns, printable, timeText } from '../display';

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
  return inColumns(lines)
    .map((line) => `${line}\n`)
    .join('');
}

function cellsOf({ letter, keptAt }: LetterRow, state: LetterState): string[] {
  const { node, process, slot, bytes, topic, partition, offset, reason, error } = letter;
  return [
    timeText(keptAt),
    node ?? '-',
    process ?? '-',
    slot === undefined ? '-' : timeText(slot),
    String(bytes),
    `${topic}/${partition}/${offset}`,
    state,
    `${reason}: ${error}`.slice(0, maxReason),
  ].map(printable);
}
