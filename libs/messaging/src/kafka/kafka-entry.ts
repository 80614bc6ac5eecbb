import type { Batch, IHeaders, KafkaMessage } from 'kafkajs';
import type { LogEntry } from '../log';

/** A message as a log entry; priming below `watermark`. Its bytes are copied: kafkajs' are a window on the whole answer to a fetch. */
export function entryOf(
  { topic, partition }: Pick<Batch, 'topic' | 'partition'>,
  message: KafkaMessage,
  watermark: number,
): LogEntry {
  const offset = Number(message.offset);
  return {
    topic,
    partition,
    offset,
    next: offset + 1,
    key: message.key?.toString() ?? '',
    headers: headersOf(message.headers ?? {}),
    value: Buffer.from(message.value ?? ''),
    appendedAt: Number(message.timestamp),
    priming: offset < watermark,
  };
}

/** Of a header that stands there several times the first counts; one without a value is empty. */
function headersOf(headers: IHeaders): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    texts[name] = String((Array.isArray(value) ? value[0] : value) ?? '');
  }
  return texts;
}

/** Lets go of a batch's bytes: whoever keeps a function of its payload keeps the batch, and through it the answer to a fetch. */
export function releaseBytes(batch: Batch & { readonly rawMessages?: KafkaMessage[] }): void {
  for (const message of batch.rawMessages ?? batch.messages) {
    Object.assign(message, { key: null, value: null, headers: {} });
  }
}
