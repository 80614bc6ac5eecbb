import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKafka, createTopics, KafkaLogReader, topicName } from '@haproxystats/messaging';
import { silentLogger, systemClock, type Logger } from '@haproxystats/runtime';
import { describeWith, type KafkaServer } from '../harness';

describeWith(['kafka'], 'a Kafka reader that is closed', (servers) => {
  let server: KafkaServer;
  beforeAll(async () => {
    server = await servers.kafka();
  });

  it('while it waits to join is gone for good', async () => {
    const settings = {
      brokers: server.brokers,
      clientId: 'test',
      requestTimeoutMs: 10_000,
      sessionTimeoutMs: 10_000,
    };
    const prefix = `bug-${randomUUID()}`;
    const topic = topicName(prefix, 'dlq');
    const admin = createKafka(settings, silentLogger).admin();
    await admin.connect();
    await createTopics(admin, prefix);
    const said: string[] = [];
    const logger = (name: string) =>
      ({
        ...silentLogger,
        info: (_: object, text: string) => void said.push(`${name} ${text}`),
        warn: (_: object, text: string) => void said.push(`${name} ${text}`),
        error: (_: object, text: string) => void said.push(`${name} ${text}`),
        debug: () => undefined,
        trace: () => undefined,
      }) as unknown as Logger;
    const reader = (name: string) =>
      new KafkaLogReader({
        kafka: createKafka(settings, silentLogger),
        topic,
        group: `${prefix}-g`,
        sessionTimeoutMs: 10_000,
        tickMs: 100,
        clock: systemClock,
        logger: logger(name),
      });
    const handler = { record: () => Promise.resolve(), tick: () => Promise.resolve() };
    const first = reader('first');
    first.start(handler);
    while (!said.includes('first joined the group')) await sleep(50);
    await sleep(1_000);
    const second = reader('second');
    second.start(handler);
    // It waits for the first to come back to the group, which it does at its next heartbeat.
    await sleep(700);
    expect(said).not.toContain('second joined the group');
    const begun = Date.now();
    await second.close();
    const took = Date.now() - begun;
    await sleep(6_000);
    const { groups } = await admin.describeGroups([`${prefix}-g`]);
    const members = groups[0]!.members.length;
    await first.close();
    await second.close();
    await admin.disconnect();
    expect({ said: said.filter((text) => text.startsWith('second')), members, quick: took < 2_000 }).toEqual({
      said: [],
      members: 1,
      quick: true,
    });
  });
});
