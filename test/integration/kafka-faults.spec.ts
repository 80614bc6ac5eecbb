import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createKafka,
  createTopics,
  KafkaLogReader,
  KafkaLogWriter,
  topicName,
  type LogEntry,
  type LogHandler,
  type PartitionSession,
} from '@haproxystats/messaging';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { describeWith, until, type KafkaServer } from '../harness';
import { waitedMs } from '../support/own-time';
import { RecordedLog } from '../support/recorded-log';

/** A group may have to wait until a former member of it has timed out. */
const patience = { withinMs: 60_000, everyMs: 50 };

describeWith(['kafka'], 'A Kafka log in trouble', (servers) => {
  let server: KafkaServer;
  let prefix: string;
  let topic: string;
  let group: string;
  let admin: ReturnType<ReturnType<typeof kafka>['admin']>;
  let writer: KafkaLogWriter;
  let readers: KafkaLogReader[];

  beforeAll(async () => {
    server = await servers.kafka();
  });

  beforeEach(async () => {
    prefix = `faults-${randomUUID()}`;
    topic = topicName(prefix, 'dlq');
    group = `${prefix}-g`;
    readers = [];
    admin = kafka().admin();
    await admin.connect();
    await createTopics(admin, prefix);
    writer = new KafkaLogWriter({ kafka: kafka(), clock: systemClock, logger: silentLogger });
  });

  afterEach(async () => {
    await Promise.all(readers.map((reader) => reader.close()));
    await writer.close();
    await admin.disconnect();
  });

  function kafka() {
    return createKafka(
      { brokers: server.brokers, clientId: 'test', requestTimeoutMs: 10_000, sessionTimeoutMs: 10_000 },
      silentLogger,
    );
  }

  const append = (value: string, signal?: AbortSignal): Promise<void> =>
    writer.append(topic, [{ key: 'k', headers: {}, value: Buffer.from(value) }], signal);

  /** A reader that has been started, and what it says. */
  function read(
    handler: Partial<LogHandler> = {},
    sessionTimeoutMs = 10_000,
  ): { reader: KafkaLogReader; said: () => string[] } {
    const log = new RecordedLog();
    const reader = new KafkaLogReader({
      kafka: kafka(),
      topic,
      group,
      sessionTimeoutMs,
      tickMs: 100,
      clock: systemClock,
      logger: log.logger,
    });
    readers.push(reader);
    reader.start({ record: () => Promise.resolve(), tick: () => Promise.resolve(), ...handler });
    return { reader, said: () => log.texts() };
  }

  it('tells and counts what retention has taken from the group, and leaves its offset as it was', async () => {
    for (let i = 0; i < 10; i++) await append(String(i));
    await admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '2' }] });
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] });
    const entries: LogEntry[] = [];
    const { reader, said } = read({ record: (entry) => Promise.resolve(void entries.push(entry)) });
    await until(() => entries.length >= 4, patience);
    const [stored] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    expect(entries.map(({ offset }) => offset)).toEqual([6, 7, 8, 9]);
    expect(said().join()).toMatch(/were deleted before they were read/);
    expect(reader.lost).toBe(4);
    expect(stored?.partitions[0]?.offset).toBe('2');
  });

  it('tells and counts what retention takes while the handler is busy', async () => {
    const big = 'x'.repeat(800_000);
    let release!: () => void;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const entries: LogEntry[] = [];
    const { reader, said } = read({
      record: (entry) => {
        entries.push(entry);
        return gate;
      },
    });
    try {
      for (let i = 0; i < 60; i++) await append(big);
      await until(() => entries.length === 1 && reader.lag().get(0) === 60, patience);
      await sleep(1_000);
      // The admin client learns who leads the topic by this only.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '58' }] });
    } finally {
      release();
    }
    await until(() => entries.at(-1)?.offset === 59, patience);
    expect(reader.lost).toBe(60 - entries.length);
    expect(reader.lost).toBeGreaterThan(0);
    expect(said().join()).toMatch(/were deleted before they were read/);
  });

  it('lets the clock of an idle session run, and the lag follow commits', async () => {
    const sessions: PartitionSession[] = [];
    await append('a');
    const { reader } = read({ record: (_, session) => Promise.resolve(void sessions.push(session)) });
    await until(() => sessions.length === 1, patience);
    const begun = sessions[0]!.now();
    await sleep(6_000);
    expect(sessions[0]!.now() - begun).toBeGreaterThan(4_500);
    expect(reader.lag().get(0)).toBe(1);
    await sessions[0]!.commit({ watermark: 1, base: 1 });
    expect(reader.lag().get(0)).toBe(0);
  });

  it('is rid of a reader that is closed while it waits to join', async () => {
    const isSo = async (state: string, members: number): Promise<boolean> => {
      const { groups } = await admin.describeGroups([group]);
      return groups[0]!.state === state && groups[0]!.members.length === members;
    };
    // The second waits for the first to come back to its group, which that does at its first heartbeat, 3 s after its start. On a busy
    // machine that may be before it is closed: then others try it, in a group of their own.
    let second: ReturnType<typeof read>;
    for (let attempt = 1; ; attempt++) {
      group = `${prefix}-${attempt}`;
      const first = read();
      await until(() => first.said().includes('joined the group'), patience);
      second = read({}, 60_000);
      const hasJoined = () => second.said().includes('joined the group');
      await until(async () => hasJoined() || (await isSo('PreparingRebalance', 2)), patience);
      expect(await waitedMs(second.reader.close())).toBeLessThan(2_000);
      if (attempt === 10 || (!hasJoined() && /keeps the consumer waiting/.test(second.said().join()))) break;
      await first.reader.close();
    }
    // Long before its session would time out.
    await until(() => isSo('Stable', 1), { withinMs: 30_000, everyMs: 50 });
    await sleep(4_000);
    expect(await isSo('Stable', 1)).toBe(true);
    expect(second.said()).not.toContain('joined the group');
    expect(second.said().join()).toMatch(/keeps the consumer waiting/);
  });

  it('goes on after the broker was away for so long that the consumer crashed', async () => {
    const values: string[] = [];
    const record: LogHandler['record'] = async ({ value, next }, session) => {
      values.push(value.toString());
      await session.commit({ watermark: next, base: next });
    };
    const { reader, said } = read({ record }, 30_000);
    await append('a');
    await until(() => values.length === 1, patience);
    await server.kill();
    const appended = append('b');
    await until(() => said().includes('lost the group; joining again'), patience);
    expect(reader.ready).toBe(false);
    await server.start();
    const begun = Date.now();
    await appended;
    await until(() => values.includes('b') && reader.ready, patience);
    // As somebody new it would have to wait until its former self has timed out, after 30 s.
    expect(Date.now() - begun).toBeLessThan(25_000);
    expect(reader.lost).toBe(0);
  });

  it('reads a topic that is made anew under it, from its start', async () => {
    const values: string[] = [];
    for (const value of ['a', 'b', 'c']) await append(value);
    read({
      record: async ({ value, next }, session) => {
        values.push(value.toString());
        await session.commit({ watermark: next, base: next });
      },
    });
    await until(() => values.length === 3, patience);
    await admin.deleteTopics({ topics: [topic] });
    await until(
      async () => (await createTopics(admin, prefix).catch((): string[] => [])).includes(topic),
      patience,
    );
    await append('d');
    await until(() => values.includes('d'), patience);
    await append('e');
    await until(() => values.includes('e'), patience);
    expect(values).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('holds up neither an append that is aborted nor a reader that is closed', async () => {
    const seen: number[] = [];
    await append('a');
    const { reader } = read({ record: ({ offset }) => Promise.resolve(void seen.push(offset)) });
    await until(() => seen.length === 1, patience);
    await server.pause();
    try {
      const stop = new AbortController();
      const appended = append('b', stop.signal);
      await sleep(500);
      stop.abort(new Error('stop'));
      await expect(appended).rejects.toThrow('stop');
      const begun = Date.now();
      await Promise.all([reader.close(), writer.close()]);
      expect(Date.now() - begun).toBeLessThan(6_000);
    } finally {
      await server.resume();
    }
  });
});
