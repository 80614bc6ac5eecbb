import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createKafka,
  createTopics,
  KafkaLogReader,
  KafkaLogWriter,
  topicName,
} from '@haproxystats/messaging';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { describeWith, type KafkaServer } from '../harness';

describeWith(['kafka'], 'a Kafka log whose retention has passed the group', (servers) => {
  let server: KafkaServer;
  beforeAll(async () => {
    server = await servers.kafka();
  });

  it('is told as a loss when reading starts', async () => {
    const settings = {
      brokers: server.brokers,
      clientId: 'test',
      requestTimeoutMs: 10_000,
      sessionTimeoutMs: 10_000,
    };
    const kafka = createKafka(settings, silentLogger);
    const prefix = `bug-${randomUUID()}`;
    const topic = topicName(prefix, 'dlq');
    const group = `${prefix}-g`;
    const admin = kafka.admin();
    await admin.connect();
    await createTopics(admin, prefix);
    const writer = new KafkaLogWriter({ kafka, clock: systemClock, logger: silentLogger });
    for (let i = 0; i < 10; i++) {
      await writer.append(topic, [{ key: 'k', headers: {}, value: Buffer.from(String(i)) }]);
    }
    await admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '2' }] });
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] });
    const errors: string[] = [];
    const logger = {
      ...silentLogger,
      error: (_: object, text: string) => void errors.push(text),
      warn: (_: object, text: string) => void errors.push(text),
      info: () => undefined,
      debug: () => undefined,
      trace: () => undefined,
    };
    const reader = new KafkaLogReader({
      kafka: createKafka(settings, silentLogger),
      topic,
      group,
      sessionTimeoutMs: 10_000,
      tickMs: 100,
      clock: systemClock,
      logger: logger as never,
    });
    const seen: number[] = [];
    reader.start({
      record: ({ offset }) => Promise.resolve(void seen.push(offset)),
      tick: () => Promise.resolve(),
    });
    for (let i = 0; i < 100 && seen.length < 4; i++) await sleep(200);
    await reader.close();
    await writer.close();
    await admin.disconnect();
    expect(seen).toEqual([6, 7, 8, 9]);
    expect(errors.join()).toMatch(/were deleted before they were read/);
  });
});
