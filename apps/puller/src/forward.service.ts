import {
  endsEntry,
  type LogEntry,
  type LogHandler,
  type LogRecord,
  type LogWriter,
  type PartitionSession,
} from '@haproxystats/messaging';
import type { Clock } from '@haproxystats/runtime';
import type { PullerConfig } from './puller.config';
import type { PullerMetrics } from './puller.metrics';

export interface ForwardPorts {
  readonly clock: Clock;
  readonly metrics: PullerMetrics;
  /** Kafka; tries again by itself until its signal aborts. */
  readonly writer: LogWriter;
}

/** Brings the spool to Kafka, oldest first: the records of one poll in one append, then the commit. */
export class ForwardService implements LogHandler {
  readonly #parts = new WeakMap<PartitionSession, LogRecord[]>();
  /** Monotonic ms before which nothing is sent: a backlog drains at a fixed pace, so nodes stay aligned. */
  #notBefore = 0;

  constructor(
    private readonly config: PullerConfig,
    private readonly ports: ForwardPorts,
  ) {}

  /** Keeps the parts of a poll until its last one; forwards the poll then. */
  async record(entry: LogEntry, session: PartitionSession): Promise<void> {
    if (entry.priming) return; // forwarded and committed before
    const { key, headers, value } = entry;
    const parts = this.#parts.get(session) ?? [];
    parts.push({ key, headers, value });
    this.#parts.set(session, parts);
    if (!endsEntry(entry)) return;
    this.#parts.delete(session);
    await this.#pace(session.signal);
    if (!(await this.#append(parts, session.signal))) return;
    this.#count(parts, session.now() - entry.appendedAt);
    await session.commit({ watermark: entry.next, base: entry.next });
  }

  /** Nothing is due by time. */
  tick(): Promise<void> {
    return Promise.resolve();
  }

  async #pace(signal: AbortSignal): Promise<void> {
    const { clock } = this.ports;
    const { intervalMs, drainSlotsPerInterval } = this.config;
    const now = clock.monotonic();
    const at = Math.max(now, this.#notBefore);
    this.#notBefore = at + intervalMs / drainSlotsPerInterval;
    if (at > now) await clock.sleep(at - now, signal);
  }

  /** False when the session ended first: what was not committed is read again. */
  async #append(records: readonly LogRecord[], signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    return this.ports.writer.append(this.config.topic, records, signal).then(
      () => true,
      (error: unknown) => {
        if (!signal.aborted) throw error;
        return false;
      },
    );
  }

  #count(records: readonly LogRecord[], delayMs: number): void {
    const { metrics } = this.ports;
    metrics.forwardedPolls.inc();
    metrics.forwardedRecords.inc(records.length);
    metrics.forwardedBytes.inc(records.reduce((sum, { value }) => sum + value.length, 0));
    metrics.forwardDelay.set(Math.max(0, delayMs) / 1000);
  }
}
