import type { HaproxyEvent } from '@haproxystats/metrics';
import type { TopicName } from '../topics';
import type { MetricsRecord } from '../results/metrics-record';

/** The topics that everybody may read. Their values are Avro in Confluent's wire format, or JSON. */
export type ResultTopic = Extract<TopicName, 'metricsNode' | 'metricsCluster' | 'events'>;

export const resultFormats = ['avro', 'json'] as const;

export type ResultFormat = (typeof resultFormats)[number];

/** Makes the values of result topics. */
export interface RecordEncoder {
  /**
   * Resolves once values of the topic can be made; at once when it has resolved before, whatever has become of the registry since.
   * Rejects with RegistryFault when the registry is away, silent, or does not know the schema: it may be asked again at any time,
   * with a back-off, and each time takes no longer than the timeout of [registry].
   */
  prepare(topic: ResultTopic): Promise<void>;
  /** Of metrics.node.v1 or metrics.cluster.v1, by the record's scope. Throws unless `prepare` of that topic has resolved. */
  encodeMetrics(record: MetricsRecord): Buffer;
  /** Throws unless `prepare('events')` has resolved. */
  encodeEvent(event: HaproxyEvent): Buffer;
}

/** The topic that a record goes to. */
export function topicOfScope(scope: MetricsRecord['scope']): ResultTopic {
  return scope === 'node' ? 'metricsNode' : 'metricsCluster';
}
