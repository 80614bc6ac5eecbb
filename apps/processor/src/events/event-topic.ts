import {
  awaitSchema,
  eventKey,
  type LogRecord,
  type LogWriter,
  type RecordEncoder,
} from '@haproxystats/messaging';
import type { HaproxyEvent } from '@haproxystats/metrics';
import type { Clock, Logger } from '@haproxystats/runtime';

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
/** Writes events into their topic. */
export class EventTopic {
  constructor(private readonly ports: EventTopicPorts) {}

  /** Resolves when the brokers have them all, in their order; rejects with the signal's reason. */
  async write(events: readonly HaproxyEvent[], signal: AbortSignal): Promise<void> {
    if (events.length === 0) return;
    const { writer, topic } = this.ports;
    await awaitSchema('events', { name: 'events', ...this.ports }, signal);
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
}
