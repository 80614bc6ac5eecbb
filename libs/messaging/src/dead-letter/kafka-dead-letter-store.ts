import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import type { Clock, Logger } from '@haproxystats/runtime';
import { groupName } from '../groups';
import { checkTopics, KafkaLogWriter, renderTopicFault } from '../kafka';
import { scanTopic } from '../kafka/scan-topic';
import type { LogEntry } from '../log';
import { replayMark } from './dead-letter-record';
import { DeadLettersUnavailable, type DeadLetterStore } from './dead-letter-store';

export interface KafkaDeadLetterStoreOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly groupPrefix: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A broker that is away is not waited for. */
const markMs = 15_000;

/** The topic of dead letters. Nothing can be taken out of it: that a letter was put back is a record of its own. */
export class KafkaDeadLetterStore implements DeadLetterStore {
  readonly #writer: KafkaLogWriter;
  readonly #group: string;

  constructor(private readonly options: KafkaDeadLetterStoreOptions) {
    this.#writer = new KafkaLogWriter(options);
    this.#group = groupName(options.groupPrefix, `dlq-${randomUUID()}`);
  }

  get place(): string {
    return `topic ${this.options.topic}`;
  }

  async read(visit: (entry: LogEntry) => Promise<void>, signal: AbortSignal): Promise<number> {
    const { kafka, topic, clock } = this.options;
    try {
      await this.#isThere();
      await scanTopic({ kafka, topic, group: this.#group, clock, signal }, visit);
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof DeadLettersUnavailable) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new DeadLettersUnavailable(`topic ${topic} cannot be read: ${reason}`, { cause });
    }
    return 0;
  }

  async markReplayed(entry: LogEntry, signal: AbortSignal): Promise<void> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(markMs)]);
    await this.#writer.append(this.options.topic, [replayMark(entry)], limited);
  }

  close(): Promise<void> {
    return this.#writer.close();
  }

  async #isThere(): Promise<void> {
    const { kafka, topic } = this.options;
    const admin = kafka.admin();
    try {
      await admin.connect();
      const faults = await checkTopics(admin, [topic]);
      const missing = faults.find(({ setting }) => setting === null);
      if (missing) throw new DeadLettersUnavailable(renderTopicFault(missing));
    } finally {
      await admin.disconnect();
    }
  }
}
