import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  checkTopics,
  createKafka,
  createTopics,
  otherwisePartitioned,
  KafkaLogReader,
  KafkaLogWriter,
  renderTopicFault,
  topicName,
  type KafkaSettings,
} from '@haproxystats/messaging';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { describeLog } from '../../libs/messaging/src/log.contract';
import { describeWith, type KafkaServer } from '../harness';

describeWith(['kafka'], 'Kafka', (servers) => {
  let server: KafkaServer;
  const ports = { clock: systemClock, logger: silentLogger };
  const settings = (): KafkaSettings => ({
    brokers: server.brokers,
    clientId: 'test',
    requestTimeoutMs: 10_000,
    sessionTimeoutMs: 10_000,
  });
  const kafka = () => createKafka(settings(), silentLogger);

  beforeAll(async () => {
    server = await servers.kafka();
  });

  async function withAdmin<T>(
    use: (admin: ReturnType<ReturnType<typeof kafka>['admin']>) => Promise<T>,
  ): Promise<T> {
    const admin = kafka().admin();
    await admin.connect();
    return use(admin).finally(() => admin.disconnect());
  }

  describeLog(
    'Kafka',
    async () => {
      const prefix = `test-${randomUUID()}`;
      const topic = topicName(prefix, 'dlq');
      await withAdmin((admin) => createTopics(admin, prefix));
      const tickMs = 100;
      return {
        topic,
        writer: new KafkaLogWriter({ kafka: kafka(), ...ports }),
        reader: (group) =>
          new KafkaLogReader({
            kafka: kafka(),
            topic,
            group: `${prefix}-${group}`,
            sessionTimeoutMs: 10_000,
            tickMs,
            ...ports,
          }),
        tickMs,
        readAheadBytes: 64 * 1024 * 1024,
        dispose: () => Promise.resolve(),
      };
    },
    { patienceMs: 20_000, quietMs: 300 },
  );

  describe('topics', () => {
    const prefix = 'checked';
    const raw = topicName(prefix, 'raw');

    it('are named when they are missing, created once, and then as they should be', async () => {
      await withAdmin(async (admin) => {
        expect((await checkTopics(admin, [raw])).map(renderTopicFault)).toEqual([
          "topic checked.raw.v1 does not exist: run 'haproxystats topics' once",
        ]);
        expect(await createTopics(admin, prefix)).toContain(raw);
        expect(await createTopics(admin, prefix)).toEqual([]);
        expect(await checkTopics(admin, [raw])).toEqual([]);
      });
    });

    it('have as many partitions as were asked for when they were created, and tell those that have not', async () => {
      await withAdmin(async (admin) => {
        await createTopics(admin, 'wide', 3);
        expect(await otherwisePartitioned(admin, 'wide', 3)).toEqual(new Map());
        const { topics } = await admin.fetchTopicMetadata({ topics: ['wide.raw.v1', 'wide.dlq.v1'] });
        expect(topics.map(({ name, partitions }) => `${name} ${partitions.length}`).sort()).toEqual([
          'wide.dlq.v1 1',
          'wide.raw.v1 3',
        ]);
        await admin.deleteTopics({ topics: ['wide.raw.v1'] });
        while ((await admin.listTopics()).includes('wide.raw.v1')) await sleep(50);
        expect(await createTopics(admin, 'wide', 4)).toEqual(['wide.raw.v1']);
        const others = await otherwisePartitioned(admin, 'wide', 4);
        expect([others.has('wide.raw.v1'), others.get('wide.frames.node.v1')]).toEqual([false, 3]);
      });
    });

    it('that somebody made otherwise are told with what differs', async () => {
      await withAdmin(async (admin) => {
        await admin.createTopics({
          // kafkajs gives up when the broker it asks has not heard of the topic yet.
          waitForLeaders: false,
          topics: [{ topic: 'other.raw.v1', configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }],
        });
        while (!(await admin.listTopics()).includes('other.raw.v1')) await sleep(50);
        expect(
          (await checkTopics(admin, ['other.raw.v1'])).map(({ setting, actual, wanted }) => [
            setting,
            actual,
            wanted,
          ]),
        ).toEqual([
          ['cleanup.policy', 'compact', 'delete'],
          ['message.timestamp.type', 'CreateTime', 'LogAppendTime'],
          ['compression.type', 'producer', 'uncompressed'],
        ]);
      });
    });
  });
});
