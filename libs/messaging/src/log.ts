/**
 * The Log port: an append-only, partitioned log with consumer groups.
 * Two implementations, one contract test: a directory (embedded, two programs) and Kafka (a fleet).
 */

/** A record as a writer hands it over. */
export interface LogRecord {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
}

/** A record as a reader gets it. */
export interface LogEntry extends LogRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The position just behind this record: the watermark to commit once it is done with. */
  readonly next: number;
  /** Log time in ms: when the log took the record. Every decision about lateness uses this clock. */
  readonly appendedAt: number;
  /** Below the committed watermark: read again only to rebuild state; nothing may be emitted for it. */
  readonly priming: boolean;
}

/**
 * What a group commits for a partition. Everything below `watermark` is emitted and acknowledged.
 * Reading starts at `base` (<= watermark) so that state which reaches further back can be rebuilt.
 */
export interface Position {
  readonly watermark: number;
  readonly base: number;
}

export interface LogWriter {
  /**
   * Resolves when all records are durable (Kafka: acks=all); retries for ever until `signal` aborts, then rejects.
   * Records of one call keep their order within a partition. Delivery is at least once.
   */
  append(topic: string, records: readonly LogRecord[], signal?: AbortSignal): Promise<void>;
  /** Tries, since the start, that were refused for want of a right, a login or a certificate. Absent where nobody asks for them. */
  readonly refused?: number;
  close(): Promise<void>;
}

/** One partition in the hands of this reader, from its assignment to the next rebalance. State of a partition hangs on this object and dies with it. */
export interface PartitionSession {
  readonly topic: string;
  readonly partition: number;
  /** Aborts when the partition is taken away, or the reader closes and what was in hand took too long: stop emitting, drop the state. */
  readonly signal: AbortSignal;
  /** The log held nothing more when its reader last looked: what waits for company may go now. */
  readonly idle: boolean;
  /** Log time now, in ms: the last append time, plus the time elapsed since then when the reader has caught up. */
  now(): number;
  /** Resolves once stored; does nothing when the session has ended (the next owner replays). Never moves back. */
  commit(position: Position): Promise<void>;
  /** Work that goes on behind the call that began it: a reader that closes waits for it, as for the call. How it ends is its maker's to see. */
  inHand(work: Promise<unknown>): void;
}

/** Called strictly one after the other for one session. May wait; must not throw for what a record says: bad input is the handler's to report. A throw is a fault of ours and ends the reader. */
export interface LogHandler {
  record(entry: LogEntry, session: PartitionSession): Promise<void>;
  /** Every `tickMs`, whenever the input turned idle (see `PartitionSession.idle`), and at last when the reader closes: time for deadlines, flushes and commits. */
  tick(session: PartitionSession): Promise<void>;
}

export interface LogReader {
  /** Joins and reads until `close`. Resolves at once: a log that is absent comes later. */
  start(handler: LogHandler): void;
  /** Joined and fetching. */
  readonly ready: boolean;
  /** Records, per partition, that the log holds and this group has not committed. */
  lag(): ReadonlyMap<number, number>;
  /** Records, since the start, that the log had deleted before this group read them. Absent where a log deletes nothing that is not read. */
  readonly lost?: number;
  /** Tries, since the start, that were refused for want of a right, a login or a certificate. Absent where nobody asks for them. */
  readonly refused?: number;
  /** Rejects when the reader has died for good (a fatal consumer crash, a handler that threw). */
  readonly failure: Promise<never>;
  /** Finishes what is in hand, for some seconds at most, lets commits through, leaves the group. */
  close(): Promise<void>;
}
