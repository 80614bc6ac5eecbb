import { eventSchema, metricsSchema, type ResultSchema } from '../schemas';
import { topicName } from '../topics';
import type { ResultTopic } from './record-encoder';

export const resultTopics = ['metricsNode', 'metricsCluster', 'events'] as const satisfies ResultTopic[];

/** Confluent's TopicNameStrategy: `haproxystats.events.v1-value`. */
export function subjectOf(topicPrefix: string, topic: ResultTopic): string {
  return `${topicName(topicPrefix, topic)}-value`;
}

export function schemaOf(topic: ResultTopic): ResultSchema {
  return topic === 'events' ? eventSchema : metricsSchema;
}
