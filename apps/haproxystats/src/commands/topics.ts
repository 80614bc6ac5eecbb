import {
  checkTopics,
  createKafka,
  createTopics,
  kafkaSettingsOf,
  renderTopicFault,
  topicName,
  topics,
  withAdmin,
  type TopicName,
} from '@haproxystats/messaging';
import { endOnClosedPipe, type ProgramContext } from '@haproxystats/runtime';
import type { Admin } from 'kafkajs';
import { KafkaUnavailable, usingKafka } from '../kafka/kafka-use';

/** `haproxystats topics`: creates the topics that are missing and says what differs in the others. Safe to run again. */
export async function topicsCommand({ settings, logger }: ProgramContext): Promise<void> {
  endOnClosedPipe();
  const kafkaSettings = kafkaSettingsOf(settings);
  if (!kafkaSettings) {
    fail("no Kafka is configured: set 'brokers' in section [kafka]");
    return;
  }
  const prefix = settings.kafka['topic-prefix'];
  const kafka = createKafka(kafkaSettings, logger);
  try {
    const work = () => withAdmin(kafka, (admin) => createAndCheck(admin, prefix));
    await usingKafka(kafka, { topic: prefix }, work);
  } catch (error) {
    if (!(error instanceof KafkaUnavailable)) throw error;
    fail(error.message);
  }
}

async function createAndCheck(admin: Admin, prefix: string): Promise<void> {
  const created = new Set(await createTopics(admin, prefix));
  const names = (Object.keys(topics) as TopicName[]).map((name) => topicName(prefix, name));
  const faults = await checkTopics(admin, names);
  for (const name of names) {
    const fault = faults.find(({ topic }) => topic === name);
    const state = fault ? renderTopicFault(fault) : created.has(name) ? 'created' : 'is as it should be';
    process.stdout.write(`${name}: ${state}\n`);
  }
  if (faults.length > 0) process.exitCode = 1;
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
