import type { LogEntry, LogRecord, LogWriter, PartitionSession, Position } from '@haproxystats/messaging';

/** A fake session: log time in the test's hand, commits kept. */
export class FakeSession implements PartitionSession {
  readonly topic = 'raw';
  readonly partition = 0;
  readonly commits: Position[] = [];
  idle = true;
  readonly #abort = new AbortController();
  #next = 0;

  constructor(public time = 1_700_000_000_000) {}

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get committed(): number | undefined {
    return this.commits.at(-1)?.watermark;
  }

  now(): number {
    return this.time;
  }

  commit(position: Position): Promise<void> {
    this.commits.push(position);
    return Promise.resolve();
  }

  readonly works: Promise<unknown>[] = [];

  inHand(work: Promise<unknown>): void {
    this.works.push(work);
  }

  end(): void {
    this.#abort.abort();
  }

  /** The record as the next entry of this partition. */
  entry(record: LogRecord): LogEntry {
    const offset = this.#next++;
    const { topic, partition } = this;
    return { ...record, topic, partition, offset, next: offset + 1, appendedAt: this.time, priming: false };
  }
}

/** A fake log writer that keeps what it is given; `refuse` makes it wait until the session ends. */
export class FakeWriter implements LogWriter {
  readonly records: LogRecord[] = [];
  refuse = false;

  append(_topic: string, records: readonly LogRecord[], signal?: AbortSignal): Promise<void> {
    if (this.refuse)
      return new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(new Error('aborted'))),
      );
    this.records.push(...records);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
