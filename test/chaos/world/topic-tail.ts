import { Kafka, logLevel, type Admin, type Consumer, type EachBatchPayload } from 'kafkajs';
import type { LogRead } from '../oracle/records';

const patient = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 20 };

/** Reads topics from their beginning, as a consumer group of the oracle, each record once. */
export class TopicTail {
  readonly #kafka: Kafka;
  readonly #consumer: Consumer;
  readonly #admin: Admin;
  /** By topic and partition: the offset behind the last record. */
  readonly #next = new Map<string, number>();

  constructor(
    brokers: readonly string[],
    private readonly handlers: ReadonlyMap<string, (record: LogRead) => void>,
  ) {
    this.#kafka = new Kafka({ brokers: [...brokers], retry: patient, logLevel: logLevel.NOTHING });
    this.#consumer = this.#kafka.consumer({
      groupId: 'oracle',
      metadataMaxAge: 1_000,
      sessionTimeout: 10_000,
      maxWaitTimeInMs: 200,
      retry: { ...patient, restartOnFailure: () => Promise.resolve(true) },
    });
    this.#admin = this.#kafka.admin();
  }

  async start(): Promise<void> {
    await Promise.all([this.#consumer.connect(), this.#admin.connect()]);
    await this.#consumer.subscribe({ topics: [...this.handlers.keys()], fromBeginning: true });
    await this.#consumer.run({ eachBatch: (payload) => this.#take(payload) });
  }

  get kafka(): Kafka {
    return this.#kafka;
  }

  get admin(): Admin {
    return this.#admin;
  }

  /** Whether all that lies in the topics now has been read. */
  async isAtTheEnd(): Promise<boolean> {
    for (const topic of this.handlers.keys()) {
      for (const { partition, high } of await this.#admin.fetchTopicOffsets(topic))
        if ((this.#next.get(`${topic} ${partition}`) ?? 0) < Number(high)) return false;
    }
    return true;
  }

  async stop(): Promise<void> {
    await Promise.allSettled([this.#consumer.disconnect(), this.#admin.disconnect()]);
  }

  #take({ batch: { topic, partition, messages } }: EachBatchPayload): Promise<void> {
    const key = `${topic} ${partition}`;
    for (const { offset: text, timestamp, headers = {}, value } of messages) {
      const offset = Number(text);
      if (offset < (this.#next.get(key) ?? 0)) continue;
      this.#next.set(key, offset + 1);
      this.handlers.get(topic)!({
        ...{ topic, partition, offset, appendedAt: Number(timestamp) },
        headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
        value: value ?? Buffer.alloc(0),
      });
    }
    return Promise.resolve();
  }
}
