import type { LogEntry } from '../log';

/** What cannot be reached at all; the message is for a person and says what to do. */
export class DeadLettersUnavailable extends Error {
  override readonly name = 'DeadLettersUnavailable';
}

/** The dead letter queue as an operator's command sees it. */
export interface DeadLetterStore {
  /** Where it is, for a message. */
  readonly place: string;
  /** Hands over what the queue holds now, each partition oldest first; answers how many entries cannot be read. Rejects with DeadLettersUnavailable, and when the signal aborts. */
  read(visit: (entry: LogEntry) => Promise<void>, signal: AbortSignal): Promise<number>;
  /** Remembers that the letter was put back where it came from. */
  markReplayed(entry: LogEntry, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
