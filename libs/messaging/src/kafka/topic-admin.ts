import { ConfigResourceTypes, type Admin, type ITopicConfig } from 'kafkajs';
import { topicName, topics, type Topic, type TopicName } from '../topics';

/** What is wrong with a topic, and what to do. */
export interface TopicFault {
  readonly topic: string;
  /** `null`: the topic is missing. */
  readonly setting: string | null;
  readonly actual?: string;
  readonly wanted?: string;
}

/** The settings a topic must have: the protocol's decisions depend on them. */
function settingsOf(topic: Topic, replicas: number): Record<string, string> {
  return {
    'cleanup.policy': 'delete',
    'message.timestamp.type': 'LogAppendTime',
    'min.insync.replicas': String(Math.max(1, replicas - 1)),
    'retention.ms': String(topic.retentionMs),
  };
}

/** Retention is the operator's to choose: it is set at creation and not complained about later. */
const checked = ['cleanup.policy', 'message.timestamp.type'] as const;

/** Creates the topics that are missing; answers their names. Safe to call again and by several at once. */
export async function createTopics(admin: Admin, prefix: string): Promise<string[]> {
  const existing = new Set(await admin.listTopics());
  const replicas = Math.min(3, (await admin.describeCluster()).brokers.length);
  const missing = (Object.keys(topics) as TopicName[])
    .map((name) => ({ topic: topicName(prefix, name), row: topics[name] }))
    .filter(({ topic }) => !existing.has(topic));
  if (missing.length === 0) return [];
  await admin.createTopics({
    waitForLeaders: true,
    topics: missing.map(({ topic, row }): ITopicConfig => ({
      topic,
      numPartitions: row.partitions,
      replicationFactor: replicas,
      configEntries: Object.entries(settingsOf(row, replicas)).map(([name, value]) => ({ name, value })),
    })),
  });
  return missing.map(({ topic }) => topic);
}

/** What is wrong with the topics of these names. */
export async function checkTopics(admin: Admin, names: readonly string[]): Promise<TopicFault[]> {
  const existing = new Set(await admin.listTopics());
  const missing = names.filter((topic) => !existing.has(topic)).map((topic) => ({ topic, setting: null }));
  const there = names.filter((topic) => existing.has(topic));
  return there.length === 0 ? missing : [...missing, ...(await checkSettings(admin, there))];
}

async function checkSettings(admin: Admin, there: readonly string[]): Promise<TopicFault[]> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: there.map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configNames: [...checked] })),
  });
  const wanted = settingsOf(topics.raw, 1);
  return resources.flatMap(({ resourceName, configEntries }) =>
    configEntries
      .filter(
        ({ configName, configValue }) =>
          wanted[configName] !== undefined && wanted[configName] !== configValue,
      )
      .map(({ configName, configValue }) => ({
        topic: resourceName,
        setting: configName,
        actual: configValue,
        wanted: wanted[configName]!,
      })),
  );
}

/** One sentence for a person: what is wrong and what to type. */
export function renderTopicFault({ topic, setting, actual, wanted }: TopicFault): string {
  if (setting === null) return `topic ${topic} does not exist: run 'haproxystats topics' once`;
  return `topic ${topic} has ${setting}=${String(actual)}, ${String(wanted)} is needed: change it with your broker's kafka-configs tool`;
}
