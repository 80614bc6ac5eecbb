import { AvroEncoder } from './avro-encoder';
import { JsonEncoder } from './json-encoder';
import type { RecordEncoder, ResultFormat } from './record-encoder';
import type { RegistrySettings } from './registry-settings';

export interface RecordEncoderOptions {
  readonly format: ResultFormat;
  /** [kafka] topic-prefix: subjects begin with it. */
  readonly topicPrefix: string;
  /** Needed for `avro`. */
  readonly registry: RegistrySettings | undefined;
}

/** Throws for `avro` without a registry. */
export function createRecordEncoder({ format, topicPrefix, registry }: RecordEncoderOptions): RecordEncoder {
  if (format === 'json') return new JsonEncoder();
  if (!registry)
    throw new Error("results in Avro need a schema registry: set 'url' in section [registry], or use JSON");
  return new AvroEncoder(topicPrefix, registry);
}
