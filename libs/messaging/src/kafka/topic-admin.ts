import { ConfigResourceTypes, type Admin, type ITopicConfig } from 'kafkajs';
import { Backoff, systemClock } from '@haproxystats/runtime';
import { topicName, topics, type Topic, type TopicName } from '../topics';
import { KafkaDenial, permitted } from './kafka-denial';

/** What is wrong with a topic, and what to do. */
export interface TopicFault {
  readonly topic: string;
  /** `null`: the topic is missing. */
  readonly setting: string | null;
  readonly actual?: string;
  readonly wanted?: string;
  /** The setting cannot be looked at: which right is missing. */
  readonly denial?: string;
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
const wantedSettings = settingsOf(topics.raw, 1);

/** How often it is asked for topics that were just created; a busy controller tells its brokers within seconds. */
const maxLooks = 20;

/** Creates the topics that are missing, and waits until they have leaders; answers their names. Safe to call again and by several at once. */
export async function createTopics(admin: Admin, prefix: string): Promise<string[]> {
  const existing = new Set(await admin.listTopics());
  const replicas = Math.min(3, (await admin.describeCluster()).brokers.length);
  const missing = (Object.keys(topics) as TopicName[])
    .map((name) => ({ topic: topicName(prefix, name), row: topics[name] }))
    .filter(({ topic }) => !existing.has(topic));
  if (missing.length === 0) return [];
  await admin.createTopics({
    // kafkajs gives up when the broker it asks has not heard of the topic yet.
    waitForLeaders: false,
    topics: missing.map(({ topic, row }): ITopicConfig => ({
      topic,
      numPartitions: row.partitions,
      replicationFactor: replicas,
      configEntries: Object.entries(settingsOf(row, replicas)).map(([name, value]) => ({ name, value })),
    })),
  });
  const created = missing.map(({ topic }) => topic);
  await untilLed(admin, created);
  return created;
}

async function untilLed(admin: Admin, created: string[]): Promise<void> {
  const backoff = new Backoff({ firstMs: 100, factor: 1.5, maxMs: 1_000 });
  for (;;) {
    try {
      await admin.fetchTopicMetadata({ topics: created });
      return;
    } catch (cause) {
      if (backoff.attempts >= maxLooks) {
        throw new Error(
          `topics ${created.join(', ')} were created but have no leaders; look at the brokers' logs`,
          {
            cause,
          },
        );
      }
    }
    await systemClock.sleep(backoff.next());
  }
}

/** What is wrong with the topics of these names. Rejects when no broker answers, or with KafkaDenial when the topics cannot be listed. */
export async function checkTopics(admin: Admin, names: readonly string[]): Promise<TopicFault[]> {
  const existing = new Set(
    await permitted({ operation: 'Metadata', resource: 'the cluster' }, () => admin.listTopics()),
  );
  const faults = names.map((topic) =>
    existing.has(topic) ? checkSettings(admin, topic) : Promise.resolve([{ topic, setting: null }]),
  );
  return (await Promise.all(faults)).flat();
}

/** Reading a topic does not take the right to look at its settings: without it they are a fault to tell. */
async function checkSettings(admin: Admin, topic: string): Promise<TopicFault[]> {
  try {
    const settings = await settingsIn(admin, topic);
    return checked
      .filter((setting) => settings.has(setting) && settings.get(setting) !== wantedSettings[setting])
      .map((setting) => ({
        topic,
        setting,
        actual: settings.get(setting)!,
        wanted: wantedSettings[setting]!,
      }));
  } catch (error) {
    if (!(error instanceof KafkaDenial)) throw error;
    return [{ topic, setting: checked.join(', '), denial: error.message }];
  }
}

async function settingsIn(admin: Admin, topic: string): Promise<Map<string, string>> {
  const resource = { type: ConfigResourceTypes.TOPIC, name: topic, configNames: [...checked] };
  const { resources } = await permitted({ operation: 'DescribeConfigs', resource: `topic ${topic}` }, () =>
    admin.describeConfigs({ includeSynonyms: false, resources: [resource] }),
  );
  const entries = resources.flatMap(({ configEntries }) => configEntries);
  return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
}

/** One sentence for a person: what is wrong and what to type. */
export function renderTopicFault({ topic, setting, actual, wanted, denial }: TopicFault): string {
  if (denial !== undefined) return `${denial}; until then ${setting} is not checked`;
  if (setting === null) return `topic ${topic} does not exist: run 'haproxystats topics' once`;
  return `topic ${topic} has ${setting}=${String(actual)}, ${String(wanted)} is needed: change it with your broker's kafka-configs tool`;
}
