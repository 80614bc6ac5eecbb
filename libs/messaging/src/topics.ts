export type TopicName =
  'raw' | 'framesNode' | 'framesCluster' | 'metricsNode' | 'metricsCluster' | 'events' | 'dlq';

export interface Topic {
  /** Behind the configured prefix and a dot. */
  readonly name: string;
  readonly key: string;
  readonly value: string;
  readonly retentionMs: number;
  readonly partitions: number;
  readonly writer: string;
  readonly readers: string;
  /**
   * Programs of ours read it. Its values are compressed by their writers, and the brokers unpack what a producer compresses besides:
   * so a few bytes that unfold to gigabytes are too large for them, and none of the kinds that kafkajs cannot read arrives.
   */
  readonly isReadByUs?: true;
}

const hour = 3_600_000;
/** Of the topics that all rows go through, where no other number is asked for. */
export const usualPartitions = 6;

/** THE TOPICS. All: delete policy, LogAppendTime, replication min(3, brokers), min.insync one less (at least 1), default message limit. */
export const topics: Readonly<Record<TopicName, Topic>> = {
  raw: {
    name: 'raw.v1',
    key: 'cluster/node',
    value: "HAProxy's own text, zstd",
    retentionMs: 6 * hour,
    partitions: usualPartitions,
    writer: 'puller',
    readers: 'node role, replay',
    isReadByUs: true,
  },
  framesNode: {
    name: 'frames.node.v1',
    key: 'cluster/shard',
    value: 'frame of one node and slot',
    retentionMs: 24 * hour,
    partitions: usualPartitions,
    writer: 'node role',
    readers: 'cluster role, sinks',
    isReadByUs: true,
  },
  framesCluster: {
    name: 'frames.cluster.v1',
    key: 'cluster/shard',
    value: 'frame of one cluster and slot',
    retentionMs: 24 * hour,
    partitions: usualPartitions,
    writer: 'cluster role',
    readers: 'sinks',
    isReadByUs: true,
  },
  metricsNode: {
    name: 'metrics.node.v1',
    key: 'cluster/node/kind/proxy',
    value: 'Avro or JSON, one record per proxy and slot',
    retentionMs: 24 * hour,
    partitions: usualPartitions,
    writer: 'kafka sink',
    readers: 'everybody',
  },
  metricsCluster: {
    name: 'metrics.cluster.v1',
    key: 'cluster/node/kind/proxy',
    value: 'Avro or JSON, one record per proxy and slot',
    retentionMs: 24 * hour,
    partitions: usualPartitions,
    writer: 'kafka sink',
    readers: 'everybody',
  },
  events: {
    name: 'events.v1',
    key: 'cluster/node/entity',
    value: 'Avro or JSON',
    retentionMs: 7 * 24 * hour,
    partitions: 3,
    writer: 'events role',
    readers: 'everybody',
  },
  dlq: {
    name: 'dlq.v1',
    key: 'the original key',
    value: 'the original bytes; coordinates and reason in the headers',
    retentionMs: 7 * 24 * hour,
    partitions: 1,
    writer: 'any reader',
    readers: 'operators',
    isReadByUs: true,
  },
};

/** `haproxystats` + `raw` -> `haproxystats.raw.v1`. */
export function topicName(prefix: string, topic: TopicName): string {
  return `${prefix}.${topics[topic].name}`;
}
