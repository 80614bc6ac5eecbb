import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { EachBatchPayload, Kafka } from 'kafkajs';
import { silentLogger } from '@haproxystats/runtime';
import { FakeClock } from '../../../../test/support/fake-clock';
import type { LogHandler, PartitionSession } from '../log';
import { KafkaLogReader } from './kafka-log-reader';

/** kafkajs' own, so that what it keeps of a batch is kept here too. */
const Runner = jest.requireActual<{
  prototype: { processEachBatch(this: object, batch: FakeBatch): Promise<void> };
}>('kafkajs/src/consumer/runner');
const Batch = jest.requireActual<new (topic: string, fetchedOffset: string, data: object) => FakeBatch>(
  'kafkajs/src/consumer/batch',
);
interface FakeBatch {
  readonly messages: readonly { readonly value: Buffer }[];
}

const topic = 'raw';
const appendedAt = 1_700_000_000_000;

/** Stands for kafkajs' Kafka: events and calls in the test's hand. */
class FakeKafka {
  readonly listeners = new Map<string, (event: unknown) => void>();
  readonly calls: string[] = [];
  /** As kafkajs after a crash: there is no group until the consumer has started again. */
  crashed = false;
  stored: { offset: string; metadata: string | null } = { offset: '-1', metadata: null };
  eachBatch: ((payload: EachBatchPayload) => Promise<void>) | undefined;
  holdConnect: Promise<void> | undefined;

  admin() {
    return {
      connect: () => Promise.resolve(),
      disconnect: () => Promise.resolve(),
      listTopics: () => Promise.resolve([topic]),
      describeConfigs: () => Promise.resolve({ resources: [] }),
      fetchOffsets: () => Promise.resolve([{ topic, partitions: [{ partition: 0, ...this.stored }] }]),
    };
  }

  consumer() {
    const inGroup = (call: string) => {
      if (this.crashed)
        throw new Error('Consumer group was not initialized, consumer#run must be called first');
      this.calls.push(call);
    };
    return {
      events: { GROUP_JOIN: 'join', FETCH: 'fetch', CRASH: 'crash' },
      on: (name: string, listener: (event: unknown) => void) => this.listeners.set(name, listener),
      connect: async () => {
        await this.holdConnect;
        this.calls.push('connect');
      },
      subscribe: () => Promise.resolve(void this.calls.push('subscribe')),
      run: ({ eachBatch }: { eachBatch: FakeKafka['eachBatch'] }) => {
        this.calls.push('run');
        this.eachBatch = eachBatch;
        return Promise.resolve();
      },
      seek: ({ offset }: { offset: string }) => inGroup(`seek ${offset}`),
      pause: () => inGroup('pause'),
      resume: () => inGroup('resume'),
      disconnect: () => Promise.resolve(void this.calls.push('disconnect')),
    };
  }

  emit(name: 'join' | 'fetch' | 'crash', payload: object = {}): void {
    this.listeners.get(name)?.({ payload });
  }

  join(): void {
    this.emit('join', { groupId: 'g', memberAssignment: { [topic]: [0] } });
  }

  /** A batch of records from `first`, one byte each unless told. */
  batch(first: number, count: number, { highWatermark = first + count, bytes = 1 } = {}): FakeBatch {
    const messages = Array.from({ length: count }, (_, i) => ({
      key: Buffer.from('k'),
      value: Buffer.alloc(bytes),
      headers: {},
      timestamp: String(appendedAt),
      offset: String(first + i),
    }));
    return new Batch(topic, String(first), {
      partition: 0,
      highWatermark: String(highWatermark),
      abortedTransactions: [],
      messages,
    });
  }

  /** Hands a batch over as kafkajs' own runner does. */
  async deliver(batch: FakeBatch): Promise<void> {
    const consumerGroup = { resolveOffset: () => undefined, commitOffsets: () => Promise.resolve() };
    const self = { eachBatch: this.eachBatch, consumerGroup, eachBatchAutoResolve: false };
    await Runner.prototype.processEachBatch.call(self, batch);
  }
}

describe('KafkaLogReader, attacked', () => {
  let kafka: FakeKafka;
  let clock: FakeClock;
  let reader: KafkaLogReader;
  let failures: unknown[];
  let sessions: PartitionSession[];

  beforeEach(() => {
    kafka = new FakeKafka();
    clock = new FakeClock();
    failures = [];
    sessions = [];
    reader = new KafkaLogReader({
      kafka: kafka as unknown as Kafka,
      topic,
      group: 'g',
      sessionTimeoutMs: 10_000,
      tickMs: 200,
      clock,
      logger: silentLogger,
    });
    reader.failure.catch((error: unknown) => failures.push(error));
  });

  afterEach(() => reader.close());

  async function start(handler: Partial<LogHandler> = {}): Promise<void> {
    reader.start({
      record: (_, session) => Promise.resolve(void sessions.push(session)),
      tick: () => Promise.resolve(),
      ...handler,
    });
    while (!kafka.eachBatch) await turn();
    kafka.join();
  }

  /** The first batch opens the session and comes again. */
  async function open(batch: FakeBatch): Promise<void> {
    await kafka.deliver(batch);
    await kafka.deliver(batch);
  }

  it('survives a crash of the consumer that is followed by a restart, while a full queue is worked off', async () => {
    let release!: () => void;
    const gate = new Promise<void>((resolve) => (release = resolve));
    await start({ record: () => gate });
    await open(kafka.batch(0, 40, { bytes: 1_000_000 }));
    expect(kafka.calls).toContain('pause');
    kafka.crashed = true;
    kafka.emit('crash', { error: new Error('the broker is gone'), restart: true });
    release();
    await clock.advance(1_000);
    expect(failures).toEqual([]);
  });

  it('does not hold on to the answer of the last fetch', async () => {
    await start();
    const refs = await (async () => {
      const batch = kafka.batch(0, 3, { bytes: 1_000_000 });
      await open(batch);
      return batch.messages.map(({ value }) => new WeakRef(value.buffer));
    })();
    await clock.advance(1_000);
    await turn();
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    for (let i = 0; i < 5; i++) {
      await turn();
      gc();
    }
    expect(refs.filter((ref) => ref.deref() !== undefined).length).toBe(0);
  });

  it('does not let log time run over records that a fetch has just brought', async () => {
    const seen: number[] = [];
    await start({ tick: (session) => Promise.resolve(void seen.push(session.now() - appendedAt)) });
    await open(kafka.batch(0, 1));
    await clock.advance(100);
    kafka.emit('fetch');
    seen.length = 0;
    // SIGSTOP for a minute, or a broker that hung: the answer that comes then holds records.
    await clock.advance(60_000);
    expect(Math.max(...seen)).toBeLessThanOrEqual(3_500); // the end of the log is trusted for 3 s
    seen.length = 0;
    kafka.emit('fetch');
    await clock.advance(0);
    await clock.advance(200);
    expect(Math.max(...seen)).toBeLessThanOrEqual(3_500);
  });

  it('has a lag that grows while a slow handler keeps the partition paused', async () => {
    await start({
      record: (_, { signal }) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
    });
    await open(kafka.batch(0, 40, { bytes: 1_000_000 }));
    expect(kafka.calls).toContain('pause');
    kafka.emit('fetch'); // of other partitions; this one is not asked for, its log has 10,000 records by now
    expect(reader.ready).toBe(true);
    expect(reader.lag().get(0)).not.toBe(40);
  });

  it('says so when retention has removed records in the middle of a session', async () => {
    const said: string[] = [];
    const logger = {
      ...silentLogger,
      error: (_: object, text: string) => void said.push(text),
      info() {},
      warn() {},
      debug() {},
    };
    reader = new KafkaLogReader({
      kafka: kafka as unknown as Kafka,
      topic,
      group: 'g',
      sessionTimeoutMs: 10_000,
      tickMs: 200,
      clock,
      logger: logger as never,
    });
    await start();
    await open(kafka.batch(0, 3));
    await kafka.deliver(kafka.batch(1_000, 3)); // kafkajs reset to the earliest offset by itself
    expect(said.join()).toMatch(/were deleted before they were read/);
  });

  it('that is closed while it starts does not join afterwards', async () => {
    let connect!: () => void;
    kafka.holdConnect = new Promise((resolve) => (connect = resolve));
    reader.start({ record: () => Promise.resolve(), tick: () => Promise.resolve() });
    for (let i = 0; i < 20; i++) await turn();
    await reader.close();
    connect();
    for (let i = 0; i < 20; i++) await turn();
    expect(kafka.calls).not.toContain('run');
  });
});
