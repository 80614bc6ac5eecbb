import {
  checkTopics,
  createKafka,
  createTopics,
  kafkaSettingsOf,
  refusalOf,
  renderTopicFault,
  topicName,
  topics,
  type TopicName,
} from '@haproxystats/messaging';
import { endOnClosedPipe, type ProgramContext } from '@haproxystats/runtime';

/** `haproxystats topics`: creates the topics that are missing and says what differs in the others. Safe to run again. */
export async function topicsCommand({ settings, logger }: ProgramContext): Promise<void> {
  endOnClosedPipe();
  const kafkaSettings = kafkaSettingsOf(settings);
  if (!kafkaSettings) throw new Error("no Kafka is configured: set 'brokers' in section [kafka]");
  const prefix = settings.kafka['topic-prefix'];
  const kafka = createKafka(kafkaSettings, logger);
  const admin = kafka.admin();
  await admin.connect().catch((cause: unknown) => {
    const { brokers, principal } = kafka;
    const refusal = refusalOf(cause, { topic: prefix, brokers, principal });
    throw refusal === undefined ? cause : new Error(refusal, { cause });
  });
  try {
    const created = new Set(await createTopics(admin, prefix));
    const names = (Object.keys(topics) as TopicName[]).map((name) => topicName(prefix, name));
    const faults = await checkTopics(admin, names);
    for (const name of names) {
      const fault = faults.find(({ topic }) => topic === name);
      process.stdout.write(
        `${name}: ${fault ? renderTopicFault(fault) : created.has(name) ? 'created' : 'is as it should be'}\n`,
      );
    }
    if (faults.length > 0) process.exitCode = 1;
  } finally {
    await admin.disconnect();
  }
}
