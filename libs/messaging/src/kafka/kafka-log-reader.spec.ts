import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FakeClock } from '../../../../test/support/fake-clock';
import { fakeAppendedAt, FakeKafka } from '../../../../test/support/fake-kafka';
import { RecordedLog } from '../../../../test/support/recorded-log';
import type { LogEntry, LogHandler, PartitionSession } from '../log';
import { KafkaLogReader } from './kafka-log-reader';

const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await turn();
};

describe('KafkaLogReader', () => {
  let kafka: FakeKafka;
  let clock: FakeClock;
  let reader: KafkaLogReader;
  let failures: unknown[];
  let log: RecordedLog;
  let entries: LogEntry[];
  let sessions: Set<PartitionSession>;

  beforeEach(() => {
    kafka = new FakeKafka('raw');
    clock = new FakeClock();
    failures = [];
    log = new RecordedLog();
    entries = [];
    sessions = new Set();
    const { logger } = log;
    const options = { topic: 'raw', group: 'g', sessionTimeoutMs: 10_000, tickMs: 200, clock, logger };
    reader = new KafkaLogReader({ kafka: kafka.kafka, ...options });
    reader.failure.catch((error: unknown) => failures.push(error));
  });

  afterEach(async () => {
    const closed = reader.close();
    await clock.advance(10_000);
    await closed;
  });

  async function start({ record, tick }: Partial<LogHandler> = {}): Promise<void> {
    reader.start({
      record: (entry, session) => {
        entries.push(entry);
        sessions.add(session);
        return record?.(entry, session) ?? Promise.resolve();
      },
      tick: (session) => {
        sessions.add(session);
        return tick?.(session) ?? Promise.resolve();
      },
    });
    await kafka.joined();
  }

  const untilRevoked: LogHandler['record'] = (_, { signal }) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

  describe('joining', () => {
    it('fetches nothing before it knows what is committed, and begins at the base', async () => {
      kafka.stored = { offset: '7', metadata: 'b=4' };
      kafka.ends = { low: 2, high: 9 };
      await start();
      expect(kafka.calls).toEqual(['pause', 'seek 4', 'resume']);
      await kafka.deliver(kafka.batch(4, 5));
      await clock.advance(0);
      expect(entries.map(({ offset, priming }) => [offset, priming])).toEqual([
        [4, true],
        [5, true],
        [6, true],
        [7, false],
        [8, false],
      ]);
    });

    it('begins where the log begins when that lies behind the base', async () => {
      kafka.stored = { offset: '7', metadata: 'b=4' };
      kafka.ends = { low: 6, high: 9 };
      await start();
      expect(kafka.calls).toContain('seek 6');
      expect(reader.lost).toBe(0);
    });

    it('begins at the start of a log that ends before the watermark, and says so', async () => {
      kafka.stored = { offset: '70', metadata: null };
      kafka.ends = { low: 1, high: 9 };
      await start();
      expect(kafka.calls).toContain('seek 1');
      expect(log.texts().join()).toMatch(/ends before what group g has committed/);
    });

    it('takes no batch of a partition that the last join did not assign, nor one fetched for another position', async () => {
      await start();
      await kafka.deliver(kafka.batch(5, 2, { high: 9 }));
      expect(kafka.calls).toContain('seek 0');
      await kafka.rejoined([]);
      await kafka.deliver(kafka.batch(0, 2));
      await clock.advance(0);
      expect(entries).toEqual([]);
      expect(kafka.calls.filter((call) => call.startsWith('resolve'))).toEqual([]);
    });

    it('reads although it may not look at the settings of the topic', async () => {
      const denied = Object.assign(new Error('not authorized'), { type: 'TOPIC_AUTHORIZATION_FAILED' });
      kafka.describeConfigs = () => Promise.reject(new Error('wrapped', { cause: denied }));
      await start();
      expect(log.texts()[0]).toMatch(/^topic raw: its settings may not be looked at/);
      expect(log.texts().join()).not.toMatch(/no broker answers/);
    });
  });

  describe('a log that ends before what was read of it', () => {
    it('is another one when it stays so: it is read from its start, and said', async () => {
      await start();
      await kafka.deliver(kafka.batch(0, 9));
      await clock.advance(1_000);
      const [before] = sessions;
      kafka.ends = { low: 0, high: 4 };
      kafka.calls.length = 0;
      await clock.advance(5_000);
      expect(before!.signal.aborted).toBe(true);
      expect(kafka.calls).toContain('seek 0');
      expect(log.texts().join()).toMatch(/ends before what group g has read of it/);
      await kafka.deliver(kafka.batch(0, 4));
      await clock.advance(0);
      expect(entries.slice(-4).map(({ offset }) => offset)).toEqual([0, 1, 2, 3]);
    });

    it('may have been asked for at a broker that leads no more', async () => {
      kafka.ends = { low: 0, high: 9 };
      await start();
      await kafka.deliver(kafka.batch(0, 9));
      await clock.advance(1_000);
      kafka.ends = { low: 0, high: 4 };
      await clock.advance(2_000);
      kafka.ends = { low: 0, high: 9 };
      await clock.advance(5_000);
      expect([...sessions].map(({ signal }) => signal.aborted)).toEqual([false]);
    });
  });

  describe('records deleted before they were read', () => {
    it('are told and counted when the log begins behind the watermark', async () => {
      kafka.stored = { offset: '2', metadata: 'b=1' };
      kafka.ends = { low: 6, high: 9 };
      await start();
      expect(kafka.calls).toContain('seek 6');
      expect(log.texts().join()).toMatch(/were deleted before they were read/);
      expect(reader.lost).toBe(4);
    });

    it('are told and counted in the middle of a session, once they are missing the second time too', async () => {
      await start();
      await kafka.deliver(kafka.batch(0, 3));
      await kafka.deliver(kafka.batch(1_000, 3));
      expect(kafka.calls).toContain('seek 3');
      expect(reader.lost).toBe(0);
      await kafka.deliver(kafka.batch(1_000, 3));
      await clock.advance(0);
      expect(log.texts().join()).toMatch(/were deleted before they were read/);
      expect(reader.lost).toBe(997);
      expect(entries.at(-1)?.offset).toBe(1_002);
    });
  });

  describe('a crash of the consumer with a restart', () => {
    const crash = (): void => {
      kafka.crashed = true;
      kafka.emit('crash', { error: new Error('the broker is gone'), restart: true });
    };

    it('is survived while a full queue is worked off', async () => {
      let release!: () => void;
      const gate = new Promise<void>((resolve) => (release = resolve));
      await start({ record: () => gate });
      kafka.calls.length = 0;
      await kafka.deliver(kafka.batch(0, 40, { bytes: 1_000_000 }));
      expect(kafka.calls).toContain('pause');
      crash();
      release();
      await clock.advance(1_000);
      expect(failures).toEqual([]);
    });

    it('ends the sessions, and leaves their lag to be told', async () => {
      await start();
      await kafka.deliver(kafka.batch(0, 3));
      await clock.advance(0);
      crash();
      expect([...sessions].every(({ signal }) => signal.aborted)).toBe(true);
      expect(reader.ready).toBe(false);
      kafka.ends = { low: 0, high: 50 };
      await clock.advance(2_000);
      expect(reader.lag().get(0)).toBe(50);
    });

    it('is not left to kafkajs while a person must act first', async () => {
      await start();
      const untrusted = Object.assign(new Error('no CA'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' });
      expect(await kafka.restarts(new Error('5 retries', { cause: untrusted }))).toBe(false);
    });

    it('is followed by no restart once the reader is closed', async () => {
      await start();
      expect(await kafka.restarts()).toBe(true);
      await reader.close();
      expect(await kafka.restarts()).toBe(false);
    });
  });

  describe('a crash because a right is missing', () => {
    const denied = Object.assign(new Error('no'), { type: 'GROUP_AUTHORIZATION_FAILED' });
    const crash = (): void => {
      kafka.crashed = true;
      kafka.emit('crash', { error: denied, restart: false });
    };
    const runs = (): number => kafka.calls.filter((call) => call === 'run').length;

    it('is said with what to grant, counted, and tried again ever more slowly, up to a minute', async () => {
      await start();
      kafka.calls.length = 0;
      for (let crashes = 1; crashes <= 8; crashes++) {
        crash();
        await clock.advance(60_000);
        expect([runs(), reader.refused, reader.ready]).toEqual([crashes, crashes, false]);
      }
      crash();
      await clock.advance(29_000);
      expect(runs()).toBe(8);
      expect(log.texts().at(-1)).toBe(
        'group g: the brokers deny this client to read it (GROUP_AUTHORIZATION_FAILED): grant this client the operation Read on group g',
      );
      expect(failures).toEqual([]);
    });

    it('is over once it is granted', async () => {
      await start();
      crash();
      await clock.advance(2_000);
      expect(runs()).toBe(1);
      kafka.crashed = false;
      await kafka.rejoined();
      await clock.advance(1_000);
      expect(reader.ready).toBe(true);
    });

    it('does not hold up a reader that is closed', async () => {
      await start();
      crash();
      await reader.close();
      kafka.calls.length = 0;
      await clock.advance(60_000);
      expect(kafka.calls).toEqual([]);
    });
  });

  it('joins again where kafkajs gives up although no more is wrong than that no broker answers', async () => {
    await start();
    kafka.calls.length = 0;
    const error = Object.assign(new Error('no'), { name: 'KafkaJSGroupCoordinatorNotFound' });
    for (let crashes = 1; crashes <= 20; crashes++) {
      kafka.crashed = true;
      kafka.emit('crash', { error, restart: false });
      await clock.advance(10_000);
      expect(kafka.calls.filter((call) => call === 'run')).toHaveLength(crashes);
    }
    expect([failures, reader.refused]).toEqual([[], 0]);
    expect(log.texts().filter((text) => text.includes('no broker answers'))).toHaveLength(2);
    kafka.crashed = false;
    await kafka.rejoined();
    await clock.advance(1_000);
    expect(reader.ready).toBe(true);
  });

  it('dies of a crash that nobody can mend', async () => {
    await start();
    kafka.emit('crash', { error: new Error('a fault of ours'), restart: false });
    await turns();
    expect(failures).toHaveLength(1);
  });

  it('does not hold on to the answer of the last fetch', async () => {
    await start();
    const refs = await (async () => {
      const batch = kafka.batch(0, 3, { bytes: 1_000_000 });
      const buffers = batch.messages.map(({ value }) => new WeakRef(value.buffer));
      await kafka.deliver(batch);
      return buffers;
    })();
    await clock.advance(0);
    entries.length = 0;
    await clock.advance(1_000);
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    for (let i = 0; i < 5; i++) {
      await turn();
      gc();
    }
    expect(refs.filter((ref) => ref.deref() !== undefined)).toHaveLength(0);
  });

  describe('the clock of an idle session', () => {
    const now = (): number => [...sessions].at(-1)!.now() - fakeAppendedAt;

    beforeEach(async () => {
      await start();
      kafka.ends = { low: 0, high: 1 };
      await kafka.deliver(kafka.batch(0, 1));
      await clock.advance(0);
    });

    it('runs as long as a broker says that the log still ends there', async () => {
      await clock.advance(20_000);
      expect(now()).toBeGreaterThanOrEqual(19_000);
    });

    it('runs behind the mark of a transaction too', async () => {
      kafka.ends = { low: 0, high: 2 };
      await clock.advance(5_000);
      expect(now()).toBeLessThan(2_000);
      const range = { firstOffset: '1', lastOffset: '1', highWatermark: '2' };
      kafka.emit('batch', { partition: 0, batchSize: 0, ...range });
      await clock.advance(20_000);
      expect(now()).toBeGreaterThanOrEqual(18_000);
    });

    it('stands when no broker answers, whatever fetches come back', async () => {
      kafka.holdEnds = new Promise(() => undefined);
      for (let second = 0; second < 60; second++) {
        await clock.advance(1_000);
        kafka.emit('fetch');
      }
      expect(now()).toBeLessThanOrEqual(4_000);
      kafka.holdEnds = undefined;
    });

    it('stands while the log holds more than was read, and does not jump when that comes', async () => {
      kafka.ends = { low: 0, high: 2 };
      await clock.advance(60_000);
      expect(now()).toBeLessThanOrEqual(1_000);
      kafka.emit('fetch');
      await clock.advance(100);
      expect(now()).toBeLessThanOrEqual(1_000);
    });

    it('does not trust an answer that was under way for long', async () => {
      let answer!: () => void;
      kafka.holdEnds = new Promise((resolve) => (answer = resolve));
      await clock.advance(60_000);
      kafka.holdEnds = new Promise(() => undefined);
      answer();
      await clock.advance(10_000);
      expect(now()).toBeLessThanOrEqual(4_000);
      kafka.holdEnds = undefined;
    });
  });

  it('has a lag that grows while a slow handler keeps the partition paused', async () => {
    await start({ record: untilRevoked });
    await kafka.deliver(kafka.batch(0, 40, { bytes: 1_000_000 }));
    expect(reader.lag().get(0)).toBe(40);
    kafka.ends = { low: 0, high: 10_000 };
    await clock.advance(1_500);
    kafka.emit('fetch');
    expect(reader.ready).toBe(true);
    expect(reader.lag().get(0)).toBe(10_000);
  });

  it('tries a commit again while the session lasts, but not in the next generation', async () => {
    kafka.onCommit = () => Promise.reject(new Error('the broker is slow'));
    await start({ record: ({ next }, session) => session.commit({ watermark: next, base: next }) });
    await kafka.deliver(kafka.batch(0, 1));
    await clock.advance(1_000);
    const tried = kafka.commits.length;
    expect(tried).toBeGreaterThan(1);
    await kafka.rejoined();
    await clock.advance(30_000);
    expect(kafka.commits).toHaveLength(tried);
  });

  describe('closed', () => {
    const handler: LogHandler = { record: () => Promise.resolve(), tick: () => Promise.resolve() };

    it('while it connects does not join afterwards, and disconnects', async () => {
      let connect!: () => void;
      kafka.holdConnect = new Promise((resolve) => (connect = resolve));
      reader.start(handler);
      await turns();
      await reader.close();
      kafka.calls.length = 0;
      connect();
      await turns();
      expect(kafka.calls).toEqual(['connect', 'disconnect']);
    });

    it('while the group keeps it waiting returns soon, and leaves once it has joined', async () => {
      let join!: () => void;
      kafka.holdRun = new Promise((resolve) => (join = resolve));
      reader.start(handler);
      while (!kafka.running) await turn();
      const closed = reader.close();
      await clock.advance(1_500);
      await closed;
      expect(log.texts().at(-1)).toMatch(/keeps the consumer waiting/);
      expect(kafka.calls).not.toContain('disconnect');
      kafka.emit('join', { groupId: 'g', memberAssignment: { raw: [0] } });
      join();
      await turns();
      expect(kafka.calls.at(-1)).toBe('disconnect');
      expect(log.texts().join()).not.toMatch(/joined the group/);
    });

    it('while kafkajs starts it again leaves once it has joined', async () => {
      await start();
      kafka.emit('crash', { error: new Error('the broker is gone'), restart: true });
      const closed = reader.close();
      await turns();
      expect(kafka.calls).not.toContain('disconnect');
      kafka.emit('join', { groupId: 'g', memberAssignment: { raw: [0] } });
      await closed;
      expect(kafka.calls.at(-1)).toBe('disconnect');
    });
  });
});
