import type { LogEntry } from '../log';

/**
 * WHY A RECORD IS PUT ASIDE: a fixed set, because it labels a metric.
 *
 * - `headers`: a raw record whose headers break their contract
 * - `chunk`: a piece of what a process said that cannot be unfolded
 * - `text`: what a process said, unfolded, is no `show info` and `show stat` that can be used whole
 * - `frame`: a frame that a sink cannot read or use
 */
export type DeadLetterReason = 'headers' | 'chunk' | 'text' | 'frame';

/** A record that cannot be read, as it stands in its log, and why. */
export interface DeadLetter {
  readonly entry: Omit<LogEntry, 'next' | 'priming'>;
  /** The entry has not the headers it had: they were let go of. */
  readonly headersLost?: boolean;
  readonly reason: DeadLetterReason;
  readonly error: Error;
}

/** What became of it: in the dead letter queue; beyond the rate, so only counted; not taken by the queue. */
export type Fate = 'kept' | 'suppressed' | 'failed';
