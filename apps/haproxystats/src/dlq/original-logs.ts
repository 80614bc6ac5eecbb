import {
  DirectoryLogWriter,
  KafkaLogWriter,
  topicName,
  type KafkaClient,
  type LogRecord,
  type LogWriter,
  type TopicName,
} from '@haproxystats/messaging';
import {
  groupsReading,
  logDirectory,
  processorConfigOf,
  type ProcessorConfig,
} from '@haproxystats/processor';
import type { Closable, ProgramContext } from '@haproxystats/runtime';
import { systemClock } from '@haproxystats/runtime';
import type { OriginalLogs } from './replay-letters';

/** The topics whose readers put records aside. */
const readTopics = ['raw', 'framesNode', 'framesCluster'] as const satisfies readonly TopicName[];

/** What a log may take for one record: a broker that is away, and a queue that is full, are not waited for. */
const patienceMs = 15_000;

/** The logs that records are put back into: topics, or directories, whose writer must not run meanwhile. */
export class ConfiguredLogs implements OriginalLogs, Closable {
  readonly #writers = new Map<string, Promise<LogWriter>>();
  readonly #names: ReadonlyMap<string, TopicName>;
  readonly #config: ProcessorConfig;

  constructor(
    private readonly context: Pick<ProgramContext, 'settings' | 'logger'>,
    private readonly kafka: KafkaClient | undefined,
  ) {
    this.#config = processorConfigOf(context.settings);
    this.#names = new Map(readTopics.map((name) => [topicName(this.#config.topicPrefix, name), name]));
  }

  takes(topic: string): boolean {
    return this.#names.has(topic);
  }

  async append(topic: string, record: LogRecord, signal: AbortSignal): Promise<void> {
    const writer = await this.#writerOf(topic);
    const late = AbortSignal.timeout(patienceMs);
    try {
      await writer.append(topic, [record], AbortSignal.any([signal, late]));
    } catch (cause) {
      signal.throwIfAborted();
      if (!late.aborted) throw cause;
      throw new Error(`${topic} did not take a record within ${patienceMs / 1000} s`, { cause });
    }
  }

  async close(): Promise<void> {
    for (const each of await Promise.allSettled([...this.#writers.values()]))
      if (each.status === 'fulfilled') await each.value.close();
  }

  #writerOf(topic: string): Promise<LogWriter> {
    const open = this.#writers.get(topic) ?? this.#open(topic);
    this.#writers.set(topic, open);
    return open;
  }

  async #open(topic: string): Promise<LogWriter> {
    const { kafka } = this;
    const ports = { clock: systemClock, logger: this.context.logger };
    if (kafka) return new KafkaLogWriter({ kafka, ...ports });
    const { maxFrames: maxEntries } = this.#config;
    const name = this.#names.get(topic)!;
    const path = logDirectory(name, this.#config);
    const groups = groupsReading(name, this.#config);
    return DirectoryLogWriter.open({ path, topic, maxEntries, groups, ...ports });
  }
}
