import {
  eventKey,
  RegistryFault,
  type LogRecord,
  type LogWriter,
  type RecordEncoder,
} from '@haproxystats/messaging';
import type { HaproxyEvent } from '@haproxystats/metrics';
import { Backoff, unlessAborted, type Clock, type Logger } from '@haproxystats/runtime';

export interface EventTopicPorts {
  readonly encoder: Pick<RecordEncoder, 'prepare' | 'encodeEvent'>;
  readonly writer: LogWriter;
  readonly topic: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A try to get what values are made by, from the schema registry. */
  readonly onFailure?: () => void;
}

const version = '1';
/** As much as goes to a broker in one request: an event takes some hundred bytes. */
const maxRecords = 1_000;
const maxBytes = 700_000;
const retry = { firstMs: 500, factor: 2, maxMs: 30_000 };
/** The first failure is told, then each of so many further ones: about every five minutes. */
const tellEvery = 10;

/** Writes events into their topic. */
export class EventTopic {
  constructor(private readonly ports: EventTopicPorts) {}

  /** Resolves when the brokers have them all, in their order; rejects with the signal's reason. */
  async write(events: readonly HaproxyEvent[], signal: AbortSignal): Promise<void> {
    if (events.length === 0) return;
    await this.#prepare(signal);
    const { writer, topic } = this.ports;
    for (const records of this.#batches(events)) await writer.append(topic, records, signal);
  }

  *#batches(events: readonly HaproxyEvent[]): Generator<LogRecord[]> {
    let batch: LogRecord[] = [];
    let bytes = 0;
    for (const event of events) {
      const record = this.#recordOf(event);
      const size = record.value.length + record.key.length;
      if (batch.length > 0 && (batch.length >= maxRecords || bytes + size > maxBytes)) {
        yield batch;
        batch = [];
        bytes = 0;
      }
      batch.push(record);
      bytes += size;
    }
    yield batch;
  }

  /** The headers are for those who choose without decoding the value. */
  #recordOf(event: HaproxyEvent): LogRecord {
    const { id, type, slot } = event;
    return {
      key: eventKey(event),
      headers: { 'hs-v': version, 'hs-type': type, 'hs-slot': String(slot), 'hs-id': id },
      value: this.ports.encoder.encodeEvent(event),
    };
  }

  async #prepare(signal: AbortSignal): Promise<void> {
    const { encoder, clock, logger } = this.ports;
    const backoff = new Backoff(retry);
    for (;;) {
      try {
        await unlessAborted(encoder.prepare('events'), signal);
        if (backoff.attempts > 0) logger.info({ attempts: backoff.attempts }, 'events: has the schema now');
        return;
      } catch (err) {
        if (!(err instanceof RegistryFault)) throw err;
        this.#tell(err, backoff.attempts);
      }
      await clock.sleep(backoff.next(), signal);
      signal.throwIfAborted();
    }
  }

  #tell(err: RegistryFault, attempts: number): void {
    this.ports.onFailure?.();
    this.ports.logger[attempts % tellEvery === 0 ? 'error' : 'debug'](
      { err, attempts },
      `events: no values can be made yet: ${err.message}. Nothing is lost, trying on`,
    );
  }
}
