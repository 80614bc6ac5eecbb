import {
  markedLetter,
  readDeadLetter,
  RecordFormatError,
  type DeadLetterStore,
  type LogEntry,
  type StoredLetter,
} from '@haproxystats/messaging';

export interface LetterVisitor {
  readonly letter: (letter: StoredLetter, entry: LogEntry) => Promise<void> | void;
  /** Of the letter at `partition/offset`: it was put back. */
  readonly mark: (place: string) => void;
}

/** Goes once through the queue; answers how many of its entries are no letters. */
export async function readLetters(
  store: DeadLetterStore,
  { letter, mark }: LetterVisitor,
  stop: AbortSignal,
): Promise<number> {
  let foreign = 0;
  const corrupt = await store.read(async (entry) => {
    const marked = markedLetter(entry);
    if (marked !== undefined) {
      mark(marked);
      return;
    }
    const read = readOrNone(entry);
    if (read) await letter(read, entry);
    else foreign++;
  }, stop);
  return corrupt + foreign;
}

/** Where a letter lies in the queue. */
export function placeOf({ partition, offset }: Pick<LogEntry, 'partition' | 'offset'>): string {
  return `${partition}/${offset}`;
}

function readOrNone(entry: LogEntry): StoredLetter | undefined {
  try {
    return readDeadLetter(entry);
  } catch (error) {
    if (!(error instanceof RecordFormatError)) throw error;
    return undefined;
  }
}
