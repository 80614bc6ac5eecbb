import {
  checkTopics,
  createKafka,
  createTopics,
  kafkaSettingsOf,
  otherwisePartitioned,
  renderTopicFault,
  topicName,
  topics,
  withAdmin,
  type TopicName,
} from '@haproxystats/messaging';
import { endOnClosedPipe, type ProgramContext } from '@haproxystats/runtime';
import { InvalidArgumentError } from 'commander';
import type { Admin } from 'kafkajs';
import { KafkaUnavailable, usingKafka } from '../kafka/kafka-use';

export interface TopicsFlags {
  /** Of the topics that all rows go through, where they are created. */
  readonly partitions?: number | undefined;
}

const mostPartitions = 1_000;

export function partitionCount(text: string): number {
  const count = Number(text);
  if (!/^\d{1,4}$/.test(text) || count < 1 || count > mostPartitions)
    throw new InvalidArgumentError(`a number of partitions from 1 to ${mostPartitions} is needed.`);
  return count;
}

/** `haproxystats topics`: creates the topics that are missing and says what differs in the others. Safe to run again. */
export async function topicsCommand(
  { settings, logger }: ProgramContext,
  { partitions }: TopicsFlags = {},
): Promise<void> {
  endOnClosedPipe();
  const kafkaSettings = kafkaSettingsOf(settings);
  if (!kafkaSettings) {
    fail("no Kafka is configured: set 'brokers' in section [kafka]");
    return;
  }
  const prefix = settings.kafka['topic-prefix'];
  const kafka = createKafka(kafkaSettings, logger);
  try {
    const work = () => withAdmin(kafka, (admin) => createAndCheck(admin, prefix, partitions));
    await usingKafka(kafka, { topic: prefix }, work);
  } catch (error) {
    if (!(error instanceof KafkaUnavailable)) throw error;
    fail(error.message);
  }
}

const howToRaise = 'kafka-topics --alter changes that, and only upwards';

async function createAndCheck(admin: Admin, prefix: string, asked?: number): Promise<void> {
  const created = new Set(await createTopics(admin, prefix, asked));
  const others = asked === undefined ? undefined : await otherwisePartitioned(admin, prefix, asked);
  const names = (Object.keys(topics) as TopicName[]).map((name) => topicName(prefix, name));
  const faults = await checkTopics(admin, names);
  for (const name of names) {
    const fault = faults.find(({ topic }) => topic === name);
    const state = fault ? renderTopicFault(fault) : created.has(name) ? 'created' : 'is as it should be';
    const has = others?.get(name);
    // As all that is the operator's to choose: said, and no fault.
    const partitions = has === undefined ? '' : `; it has ${has} partitions, and not ${asked}: ${howToRaise}`;
    process.stdout.write(`${name}: ${state}${partitions}\n`);
  }
  if (faults.length > 0) process.exitCode = 1;
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
