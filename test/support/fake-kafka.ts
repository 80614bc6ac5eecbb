import type { EachBatchPayload, Kafka } from 'kafkajs';
import { setImmediate as turn } from 'node:timers/promises';

/** kafkajs' own, so that what it keeps of a batch is kept in tests too. */
const Runner = jest.requireActual<{
  prototype: { processEachBatch(this: object, batch: FakeBatch): Promise<void> };
}>('kafkajs/src/consumer/runner');
const Batch = jest.requireActual<new (topic: string, fetchedOffset: string, data: object) => FakeBatch>(
  'kafkajs/src/consumer/batch',
);

export interface FakeBatch {
  readonly messages: readonly { readonly value: Buffer }[];
  readonly highWatermark: string;
  firstOffset(): string | null;
  lastOffset(): string;
}

interface RunOptions {
  readonly eachBatch: (payload: EachBatchPayload) => Promise<void>;
}

interface ConsumerOptions {
  readonly retry: { readonly restartOnFailure: (error: Error) => Promise<boolean> };
}

export const fakeAppendedAt = 1_700_000_000_000;

/** Stands for kafkajs' Kafka with one consumer of a topic with one partition: what it calls is listed, what happens is in the test's hand. */
export class FakeKafka {
  readonly calls: string[] = [];
  readonly commits: unknown[] = [];
  readonly #listeners = new Map<string, (event: { payload: object }) => void>();
  #run: RunOptions | undefined;
  #options: ConsumerOptions | undefined;
  /** As kafkajs after a crash: there is no group until the consumer has started again. */
  crashed = false;
  stored: { offset: string; metadata: string | null } = { offset: '-1', metadata: null };
  ends = { low: 0, high: 0 };
  holdConnect: Promise<void> | undefined;
  holdRun: Promise<void> | undefined;
  holdEnds: Promise<void> | undefined;
  describeConfigs: () => Promise<{ resources: object[] }> = () => Promise.resolve({ resources: [] });
  /** What a commit does once it is listed. */
  onCommit: () => Promise<void> = () => Promise.resolve();

  constructor(readonly topic: string) {}

  get kafka(): Kafka {
    return this as unknown as Kafka;
  }

  get running(): boolean {
    return this.#run !== undefined;
  }

  admin() {
    const { topic } = this;
    return {
      connect: () => Promise.resolve(),
      disconnect: () => Promise.resolve(),
      listTopics: () => Promise.resolve([topic]),
      describeConfigs: () => this.describeConfigs(),
      fetchOffsets: () => Promise.resolve([{ topic, partitions: [{ partition: 0, ...this.stored }] }]),
      fetchTopicOffsets: async () => {
        const { low, high } = this.ends;
        await this.holdEnds;
        return [{ partition: 0, offset: String(high), low: String(low), high: String(high) }];
      },
    };
  }

  consumer(options: ConsumerOptions) {
    this.#options = options;
    return {
      events: { GROUP_JOIN: 'join', FETCH: 'fetch', CRASH: 'crash', START_BATCH_PROCESS: 'batch' },
      on: (name: string, listener: (event: { payload: object }) => void) =>
        this.#listeners.set(name, listener),
      connect: async () => {
        await this.holdConnect;
        this.calls.push('connect');
      },
      subscribe: () => Promise.resolve(void this.calls.push('subscribe')),
      run: async (run: RunOptions) => {
        this.calls.push('run');
        this.#run = run;
        await this.holdRun;
      },
      seek: ({ offset }: { offset: string }) => this.#inGroup(`seek ${offset}`),
      pause: (partitions: object[]) => this.#inGroup(partitions.length > 0 ? 'pause' : 'look'),
      resume: () => this.#inGroup('resume'),
      disconnect: () => Promise.resolve(void this.calls.push('disconnect')),
    };
  }

  emit(name: 'join' | 'fetch' | 'crash' | 'batch', payload: object = {}): void {
    this.#listeners.get(name)?.({ payload });
  }

  /** As after a crash that kafkajs can recover from: whether it would start again. */
  async restarts(error = new Error('the broker is gone')): Promise<boolean> {
    return this.#options!.retry.restartOnFailure(error);
  }

  /** The reader is started and now joined, and reads. */
  async joined(): Promise<void> {
    while (!this.running) await turn();
    await this.rejoined();
  }

  async rejoined(partitions: readonly number[] = [0]): Promise<void> {
    this.calls.length = 0;
    this.emit('join', { groupId: 'g', memberAssignment: { [this.topic]: partitions } });
    this.emit('fetch');
    while (partitions.length > 0 && !this.calls.includes('resume')) await turn();
  }

  /** Records from `first`; the log ends behind them unless told. */
  batch(first: number, count: number, { high = first + count, bytes = 1 } = {}): FakeBatch {
    const messages = Array.from({ length: count }, (_, i) => ({
      key: Buffer.from('k'),
      value: Buffer.alloc(bytes),
      headers: {},
      timestamp: String(fakeAppendedAt),
      offset: String(first + i),
    }));
    return new Batch(this.topic, String(first), {
      partition: 0,
      highWatermark: String(high),
      abortedTransactions: [],
      messages,
    });
  }

  /** Hands a batch over as kafkajs' own runner does. */
  async deliver(batch: FakeBatch): Promise<void> {
    const consumerGroup = {
      resolveOffset: ({ offset }: { offset: string }) => this.calls.push(`resolve ${offset}`),
      commitOffsets: (offsets: unknown) => {
        this.commits.push(offsets);
        return this.onCommit();
      },
    };
    const self = { eachBatch: this.#run!.eachBatch, consumerGroup, eachBatchAutoResolve: false };
    await Runner.prototype.processEachBatch.call(self, batch);
  }

  #inGroup(call: string): void {
    if (this.crashed)
      throw new Error('Consumer group was not initialized, consumer#run must be called first');
    this.calls.push(call);
  }
}
