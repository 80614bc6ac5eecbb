import {
  CompressionTypes,
  Partitioners,
  type ICustomPartitioner,
  type Producer,
  type ProducerRecord,
} from 'kafkajs';
import { unlessAborted, type BackoffOptions, type Clock, type Logger } from '@haproxystats/runtime';
import type { LogRecord, LogWriter } from '../log';
import type { KafkaClient } from './kafka-client';
import { KafkaRetry } from './kafka-retry';
import { quickenGzip } from './quicken-gzip';
import { recordBatches } from './record-batches';
import { within } from './within';

export interface KafkaLogWriterOptions {
  readonly kafka: KafkaClient;
  /** Whether requests are compressed, for topics whose values are not: every client of Kafka reads that. */
  readonly gzip?: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What `close` waits at most for a broker that does not answer. */
const closeMs = 2_000;
/** The longest wait is what a spool loses when the brokers are back; kafkajs has tried five times before each. */
const pace: BackoffOptions = { firstMs: 200, factor: 2, maxMs: 2_000 };

/** Writes with acks=all. A broker that is absent, at the start or later, is waited for. What is being sent when the signal aborts may still be written. */
export class KafkaLogWriter implements LogWriter {
  readonly #producer: Producer;
  readonly #sending: Pick<ProducerRecord, 'acks' | 'compression'>;
  #connected = false;
  #refused = 0;

  constructor(private readonly options: KafkaLogWriterOptions) {
    if (options.gzip) quickenGzip();
    this.#sending = { acks: -1, ...(options.gzip && { compression: CompressionTypes.GZIP }) };
    this.#producer = options.kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: steadyPartitioner,
    });
  }

  /** The last append reached the broker. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Tries that the brokers refused: rights, login or certificates are wrong. */
  get refused(): number {
    return this.#refused;
  }

  async append(topic: string, records: readonly LogRecord[], signal?: AbortSignal): Promise<void> {
    for (const messages of recordBatches(records)) {
      await this.#untilTaken(topic, () => this.#producer.send({ topic, messages, ...this.#sending }), signal);
    }
  }

  async close(): Promise<void> {
    const { clock, logger } = this.options;
    if (await within(this.#producer.disconnect(), closeMs, clock)) return;
    logger.warn({ closeMs }, 'the broker does not answer; its connection is left behind');
  }

  async #untilTaken(topic: string, send: () => Promise<unknown>, signal?: AbortSignal): Promise<void> {
    const retry = this.#newRetry(topic);
    for (;;) {
      signal?.throwIfAborted();
      try {
        await unlessAborted(this.#sendConnected(send), signal);
        this.#tellTaken(topic, retry.attempts);
        return;
      } catch (error) {
        signal?.throwIfAborted();
        this.#connected = false;
        await this.options.clock.sleep(retry.next(error), signal);
      }
    }
  }

  async #sendConnected(send: () => Promise<unknown>): Promise<void> {
    // Does nothing while connected.
    await this.#producer.connect();
    await send();
  }

  #tellTaken(topic: string, attempts: number): void {
    if (attempts > 0) this.options.logger.info({ topic, attempts }, `topic ${topic} takes records again`);
    this.#connected = true;
  }

  #newRetry(topic: string): KafkaRetry {
    const { logger } = this.options;
    return new KafkaRetry({
      ...this.options,
      topic,
      pace,
      onRefusal: () => this.#refused++,
      onFault: (err, attempts, hint) => {
        const level = attempts % 10 === 0 ? 'warn' : 'debug';
        logger[level]({ topic, attempts, err }, `topic ${topic} takes no records; trying on${hint}`);
      },
    });
  }
}

/** Bounds what the partitioner remembers; a puller writes one key, a processor a key per cluster and shard. */
const maxKeys = 10_000;

/**
 * Kafka's own hash, but the partition of a slot stays as first chosen, also when partitions are added between its chunks. A topic that
 * was made anew may have fewer: kafkajs would say that a record for a partition that is not there was written.
 */
const steadyPartitioner: ICustomPartitioner = () => {
  const hash = Partitioners.DefaultPartitioner();
  const chosen = new Map<string, { slot: string; partition: number }>();
  return (args) => {
    const key = `${args.topic} ${String(args.message.key)}`;
    const slot = String(args.message.headers?.['hs-slot']);
    const known = chosen.get(key);
    const isThere = args.partitionMetadata.some(({ partitionId }) => partitionId === known?.partition);
    if (known?.slot === slot && isThere) return known.partition;
    const partition = hash(args);
    if (chosen.size >= maxKeys) chosen.clear();
    chosen.set(key, { slot, partition });
    return partition;
  };
};
