import { randomUUID } from 'node:crypto';
import { CompressionTypes, type Message, type Producer } from 'kafkajs';
import { createKafka, createTopics, KafkaLogReader, readRawChunk, topicName } from '@haproxystats/messaging';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { describeWith, eventually, type KafkaServer } from '../harness';

describeWith(['kafka'], 'A producer that writes anything into the raw topic', (servers) => {
  let server: KafkaServer;
  let topic: string;
  let reader: KafkaLogReader;
  let producer: Producer;
  let failures: unknown[];
  /** By offset: why the record was refused, or its bytes. */
  let read: Map<number, string | number>;

  const kafka = () =>
    createKafka(
      { brokers: server.brokers, clientId: 'test', requestTimeoutMs: 10_000, sessionTimeoutMs: 10_000 },
      silentLogger,
    );

  beforeAll(async () => {
    server = await servers.kafka();
    const prefix = `hostile-${randomUUID()}`;
    topic = topicName(prefix, 'raw');
    const admin = kafka().admin();
    await admin.connect();
    await createTopics(admin, prefix);
    await admin.disconnect();
    producer = kafka().producer({ retry: { retries: 0 } });
    await producer.connect();
    const options = { topic, group: prefix, sessionTimeoutMs: 10_000, tickMs: 100 };
    reader = new KafkaLogReader({ kafka: kafka(), ...options, clock: systemClock, logger: silentLogger });
    failures = [];
    reader.failure.catch((error: unknown) => failures.push(error));
    read = new Map();
    reader.start({
      record: (entry) => {
        try {
          readRawChunk(entry);
        } catch (error) {
          read.set(entry.offset, entry.value.length > 0 ? entry.value.length : (error as Error).message);
        }
        return Promise.resolve();
      },
      tick: () => Promise.resolve(),
    });
    await eventually(() => expect(reader.ready).toBe(true), { withinMs: 60_000 });
  });
  afterAll(async () => {
    await Promise.all([reader.close(), producer.disconnect()]);
  });

  const send = (message: Partial<Message>, compression = CompressionTypes.None) =>
    producer.send({ topic, compression, messages: [{ value: Buffer.alloc(0), ...message, partition: 0 }] });

  it('stops no reader by 50,000 headers in one record', async () => {
    const headers = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [i.toString(36), 'x']));
    await send({ headers });
    await send({ value: Buffer.from('next') });
    await eventually(() => expect([...read.values()]).toContain(4), { withinMs: 20_000 });
    expect(read.get(0)).toBe('the record has more than the 128 headers that are allowed');
  });

  it('stops no reader by headers with names of JavaScript', async () => {
    const offset = read.size;
    const headers = { constructor: 'x', toString: ['a', 'b'], ['__proto__']: 'x', 'hs-v': '' };
    await send({ headers });
    await eventually(() => expect(read.get(offset)).toMatch(/^header 'hs-v' is no integer/));
  });

  it('sends no bomb: the broker unpacks what is compressed, and takes no more than a record may have', async () => {
    const offset = read.size;
    await expect(send({ value: Buffer.alloc(64 * 1024 * 1024) }, CompressionTypes.GZIP)).rejects.toThrow(
      /larger than the max message size/,
    );
    await send({ value: Buffer.alloc(500_000) }, CompressionTypes.GZIP);
    await eventually(() => expect(read.get(offset)).toBe(500_000));
    expect([failures, reader.ready]).toEqual([[], true]);
  });
});
