import { ConfigResourceTypes, type Admin, type ITopicConfig } from 'kafkajs';
import { Backoff, systemClock } from '@haproxystats/runtime';
import { topicName, topics, usualPartitions, type Topic, type TopicName } from '../topics';
import { KafkaDenial, permitted } from './kafka-denial';
import { denialType } from './kafka-refusal';

/** What is wrong with a topic, and what to do. */
export interface TopicFault {
  readonly topic: string;
  /** `null`: the topic is missing. */
  readonly setting: string | null;
  readonly actual?: string;
  readonly wanted?: string;
  /** The setting, or the topic, cannot be looked at: which right is missing. */
  readonly denial?: string;
}

/** The settings a topic must have: the protocol's decisions depend on them. */
function settingsOf(topic: Topic, replicas: number): Record<string, string> {
  return {
    'cleanup.policy': 'delete',
    'message.timestamp.type': 'LogAppendTime',
    'min.insync.replicas': String(Math.max(1, replicas - 1)),
    'retention.ms': String(topic.retentionMs),
    ...(topic.isReadByUs && { 'compression.type': 'uncompressed' }),
  };
}

/** The others are the operator's to choose: they are set at creation and not complained about later. */
const checked = ['cleanup.policy', 'message.timestamp.type', 'compression.type'] as const;

/** What is checked of a topic, by its name behind any prefix. */
function wantedIn(topic: string): [setting: string, wanted: string][] {
  const row = Object.values(topics).find(({ name }) => topic.endsWith(`.${name}`)) ?? topics.raw;
  const settings = settingsOf(row, 1);
  return checked.flatMap((setting) => (setting in settings ? [[setting, settings[setting]!]] : []));
}

/** How often it is asked for topics that were just created; a busy controller tells its brokers within seconds. */
const maxLooks = 20;

/**
 * Creates the topics that are missing, those that all rows go through with so many partitions, and waits until they have leaders;
 * answers their names. Safe to call again and by several at once.
 */
export async function createTopics(
  admin: Admin,
  prefix: string,
  partitions = usualPartitions,
): Promise<string[]> {
  const existing = new Set(await admin.listTopics());
  const replicas = Math.min(3, (await admin.describeCluster()).brokers.length);
  const missing = (Object.keys(topics) as TopicName[])
    .map((name) => ({ topic: topicName(prefix, name), row: topics[name] }))
    .filter(({ topic }) => !existing.has(topic));
  if (missing.length === 0) return [];
  const created = missing.map(({ topic }) => topic);
  const wanted = missing.map(({ topic, row }) =>
    topicConfig(topic, { ...row, partitions: partitionsOf(row, partitions) }, replicas),
  );
  await permitted({ operation: 'Create', resource: `topics ${created.join(', ')}` }, () =>
    // kafkajs gives up when the broker it asks has not heard of the topic yet.
    admin.createTopics({ waitForLeaders: false, topics: wanted }),
  );
  await untilLed(admin, created);
  return created;
}

function takesAllRows({ partitions }: Topic): boolean {
  return partitions === usualPartitions;
}

function partitionsOf(row: Topic, asked: number): number {
  return takesAllRows(row) ? asked : row.partitions;
}

/** Of the topics that all rows go through: those that have another number of partitions than was asked for, with theirs. */
export async function otherwisePartitioned(
  admin: Admin,
  prefix: string,
  asked: number,
): Promise<Map<string, number>> {
  const names = (Object.keys(topics) as TopicName[]).filter((name) => takesAllRows(topics[name]));
  const found = await admin.fetchTopicMetadata({ topics: names.map((name) => topicName(prefix, name)) });
  const counts = found.topics.map(({ name, partitions }) => [name, partitions.length] as const);
  return new Map(counts.filter(([, count]) => count !== asked));
}

function topicConfig(topic: string, row: Topic, replicas: number): ITopicConfig {
  return {
    topic,
    numPartitions: row.partitions,
    replicationFactor: replicas,
    configEntries: Object.entries(settingsOf(row, replicas)).map(([name, value]) => ({ name, value })),
  };
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

/** What is wrong with the topics of these names. Rejects when no broker answers. */
export async function checkTopics(admin: Admin, names: readonly string[]): Promise<TopicFault[]> {
  const faults = names.map(async (topic) => {
    try {
      return await checkTopic(admin, topic);
    } catch (error) {
      const operation = { operation: 'Describe', resource: `topic ${topic}` };
      return permitted(operation, () => Promise.reject(error as Error)).catch(denialFault(topic, null));
    }
  });
  return (await Promise.all(faults)).flat();
}

/** What is wrong with one topic. Rejects when no broker answers, and as kafkajs does when the topic may not be looked at. */
export async function checkTopic(admin: Admin, topic: string): Promise<TopicFault[]> {
  if ((await admin.listTopics()).includes(topic)) return checkSettings(admin, topic);
  // The list has only what this client may know of.
  await admin.fetchTopicMetadata({ topics: [topic] }).catch((error: unknown) => {
    if (denialType(error) !== undefined) throw error;
  });
  return [{ topic, setting: null }];
}

/** Neither reading nor writing takes the right to look at settings: without it they are a fault to tell. */
async function checkSettings(admin: Admin, topic: string): Promise<TopicFault[]> {
  try {
    const settings = await settingsIn(admin, topic);
    return wantedIn(topic).flatMap(([setting, wanted]) => {
      const actual = settings.get(setting) ?? wanted;
      return actual === wanted ? [] : [{ topic, setting, actual, wanted }];
    });
  } catch (error) {
    return denialFault(topic, checked.join(', '))(error);
  }
}

function denialFault(topic: string, setting: string | null): (error: unknown) => TopicFault[] {
  return (error) => {
    if (!(error instanceof KafkaDenial)) throw error;
    return [{ topic, setting, denial: error.message }];
  };
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
  if (denial !== undefined) return `${denial}; until then ${setting ?? 'it'} is not checked`;
  if (setting === null) return `topic ${topic} does not exist: run 'haproxystats topics' once`;
  return `topic ${topic} has ${setting}=${String(actual)}, ${String(wanted)} is needed: change it with your broker's kafka-configs tool`;
}
