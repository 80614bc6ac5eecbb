import type { Message } from 'kafkajs';
import type { LogRecord } from '../log';

/** kafkajs never splits a batch by size, and its grouping is quadratic in the number of messages: both are bounded here. */
const maxBatchBytes = 900_000;
const maxBatchMessages = 500;

/** Kafka's share of a record, roughly: offsets, lengths, timestamps. */
const overheadBytes = 64;

export function* recordBatches(records: readonly LogRecord[]): Generator<Message[]> {
  let batch: Message[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = recordBytes(record);
    if (batch.length > 0 && (bytes + size > maxBatchBytes || batch.length >= maxBatchMessages)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push({ key: record.key, value: record.value, headers: { ...record.headers } });
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function recordBytes({ key, headers, value }: LogRecord): number {
  let bytes = overheadBytes + key.length + value.length;
  for (const name in headers) bytes += name.length + headers[name]!.length + 4;
  return bytes;
}
