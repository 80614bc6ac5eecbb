import type { HaproxyEvent } from '@haproxystats/metrics';
import type { MetricsRecord } from '../results/metrics-record';
import { wireEvent } from '../results/wire-values';
import { topicName } from '../topics';
import { AvroWriter } from './avro-writer';
import { writeMetrics } from './metrics-bytes';
import { topicOfScope, type RecordEncoder, type ResultTopic } from './record-encoder';
import { RegistryClient } from './registry-client';
import { RegistryFault } from './registry-fault';
import type { RegistrySettings } from './registry-settings';
import { eventType } from './result-types';
import { schemaOf, subjectOf } from './subjects';
import { headerLength, writeHeader } from './wire-format';

/**
 * Values as Avro in Confluent's wire format. The id of a schema is looked up once per topic and kept: from then on the registry may be
 * away. Nothing is ever registered from here: that is for `haproxystats schemas register`.
 */
export class AvroEncoder implements RecordEncoder {
  readonly #ids = new Map<ResultTopic, number>();
  readonly #registry: RegistryClient;
  readonly #writer = new AvroWriter();

  constructor(
    private readonly topicPrefix: string,
    registry: RegistrySettings,
  ) {
    this.#registry = new RegistryClient(registry);
  }

  async prepare(topic: ResultTopic): Promise<void> {
    if (this.#ids.has(topic)) return;
    const subject = subjectOf(this.topicPrefix, topic);
    const id = await this.#registry.idOf(subject, schemaOf(topic));
    if (id === undefined)
      throw new RegistryFault(
        `the schema registry ${this.#registry.url} does not have this version's schema under subject ${subject}: run 'haproxystats schemas register' there once before this version starts`,
      );
    this.#ids.set(topic, id);
  }

  encodeMetrics(record: MetricsRecord): Buffer {
    const id = this.#idOf(topicOfScope(record.scope));
    this.#writer.begin(headerLength);
    writeMetrics(record, this.#writer);
    return withHeader(this.#writer.done(), id);
  }

  encodeEvent(event: HaproxyEvent): Buffer {
    const id = this.#idOf('events');
    return withHeader(
      Buffer.concat([Buffer.alloc(headerLength), eventType().toBuffer(wireEvent(event))]),
      id,
    );
  }

  #idOf(topic: ResultTopic): number {
    const id = this.#ids.get(topic);
    if (id === undefined)
      throw new Error(`prepare('${topic}') must resolve before ${topicName(this.topicPrefix, topic)}`);
    return id;
  }
}

/** The value, which begins with room for a header, and the header in it. */
function withHeader(value: Buffer, id: number): Buffer {
  writeHeader(value, id);
  return value;
}
