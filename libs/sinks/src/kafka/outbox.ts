import type { LogRecord, LogWriter } from '@haproxystats/messaging';

/** As much as goes to a broker in one request. */
const maxRecords = 500;
const maxBytes = 900_000;

export interface OutboxPorts {
  readonly writer: LogWriter;
  readonly onTaken?: ((records: readonly LogRecord[]) => void) | undefined;
}

/** Collects records, and writes them whenever there are enough for a request: a large frame's are never all in memory. */
export class Outbox {
  #topic = '';
  #records: LogRecord[] = [];
  #bytes = 0;

  constructor(
    private readonly ports: OutboxPorts,
    private readonly signal: AbortSignal,
  ) {}

  async put(topic: string, record: LogRecord): Promise<void> {
    const isFull = this.#records.length >= maxRecords || this.#bytes + record.value.length > maxBytes;
    if (isFull || topic !== this.#topic) await this.flush();
    this.#topic = topic;
    this.#records.push(record);
    this.#bytes += record.value.length;
  }

  async flush(): Promise<void> {
    const records = this.#records;
    if (records.length === 0) return;
    this.#records = [];
    this.#bytes = 0;
    await this.ports.writer.append(this.#topic, records, this.signal);
    this.ports.onTaken?.(records);
  }
}
