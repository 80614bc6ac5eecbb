import {
  DirectoryLogReader,
  DirectoryLogWriter,
  KafkaLogReader,
  KafkaLogWriter,
  topicName,
  type KafkaClient,
  type LogReader,
  type LogWriter,
  type TopicName,
  type WhenFull,
} from '@haproxystats/messaging';
import type { Clock, Closable, Logger } from '@haproxystats/runtime';
import { roles, type ProcessorConfig, type Role, type RoleFacts } from './processor.config';
import { groupOf, readingsOf, readingsOfRole, type Reading } from './readings';

/** How often a role looks at deadlines. */
const tickMs = 200;

export interface Ports {
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface KafkaAccess {
  readonly client: KafkaClient;
  readonly sessionTimeoutMs: number;
}

export interface LogPorts extends Ports {
  /** undefined: directories. */
  readonly kafka: KafkaAccess | undefined;
}

/** Where a role writes its frames; no other role does, because a directory has one writer. */
export interface FramesLog {
  readonly writer: LogWriter;
  readonly topic: string;
}

/** The logs that the roles of this instance read and write. */
export interface Logs extends Closable {
  readonly readers: ReadonlyMap<Reading, LogReader>;
  readonly frames: ReadonlyMap<Role, FramesLog>;
  /** The topics that everybody may read; absent where no role here writes them. */
  readonly results: LogWriter | undefined;
  /** The readers first: they finish what is in hand, which may be written yet. */
  close(): Promise<void>;
  /** The roles that are not closed yet, once `close` was called. */
  waitingFor(): readonly string[];
}

/** Rejects when another process holds a directory. */
export async function openLogs(config: ProcessorConfig, { kafka, ...ports }: LogPorts): Promise<Logs> {
  const opening = kafka ? inKafka(config, kafka, ports) : inDirectories(config, ports);
  const frames = await openFrames(config, opening);
  const results = openResults(config, { kafka, ...ports });
  const readers = new Map(readingsOf(config).map((reading) => [reading, opening.reader(reading)]));
  const closing = new Set<Reading>();
  const closeReader = async ([reading, each]: [Reading, LogReader]): Promise<void> => {
    closing.add(reading);
    await each.close();
    closing.delete(reading);
  };
  return {
    readers,
    frames,
    results,
    close: async () => {
      await Promise.all([...readers].map(closeReader));
      await closeAll(frames);
      await results?.close();
    },
    waitingFor: () => [...closing].map(({ name }) => `role ${name} to finish what is in hand`),
  };
}

interface Opening {
  readonly reader: (reading: Reading) => LogReader;
  readonly writer: (topic: TopicName) => Promise<LogWriter>;
}

/** All, or none. */
async function openFrames(
  { roles: here, topicPrefix }: ProcessorConfig,
  { writer }: Opening,
): Promise<Map<Role, FramesLog>> {
  const frames = new Map<Role, FramesLog>();
  try {
    for (const role of here) {
      const topic = writtenBy(role);
      if (topic) frames.set(role, { writer: await writer(topic), topic: topicName(topicPrefix, topic) });
    }
    return frames;
  } catch (error) {
    await closeAll(frames);
    throw error;
  }
}

/** Only Kafka has them: the check of the settings sees to it that it is there. */
function openResults({ roles: here }: ProcessorConfig, { kafka, ...ports }: LogPorts): LogWriter | undefined {
  if (!kafka || !(here.includes('kafka') || here.includes('events'))) return undefined;
  return new KafkaLogWriter({ kafka: kafka.client, gzip: true, ...ports });
}

async function closeAll(frames: ReadonlyMap<Role, FramesLog>): Promise<void> {
  await Promise.all([...frames.values()].map(({ writer }) => writer.close()));
}

function writtenBy(role: Role): TopicName | undefined {
  const facts: RoleFacts = roles[role];
  return facts.writes;
}

function inKafka(
  config: ProcessorConfig,
  { client: kafka, sessionTimeoutMs }: KafkaAccess,
  ports: Ports,
): Opening {
  return {
    reader: (reading) =>
      new KafkaLogReader({
        kafka,
        topic: topicName(config.topicPrefix, reading.topic),
        group: groupOf(reading, config),
        sessionTimeoutMs,
        tickMs,
        ...ports,
      }),
    writer: () => Promise.resolve(new KafkaLogWriter({ kafka, ...ports })),
  };
}

function inDirectories(config: ProcessorConfig, ports: Ports): Opening {
  return {
    reader: (reading) => directoryReader(config, reading, ports),
    writer: (topic) => framesWriter(config, topic, ports),
  };
}

function framesWriter(config: ProcessorConfig, topic: TopicName, ports: Ports): Promise<LogWriter> {
  const { maxFrames: maxEntries, framesWhenFull: whenFull, roles: here } = config;
  const path = logDirectory(topic, config);
  const groups = groupsReading(topic, config);
  for (const { role } of readingsIn(topic, config).filter((each) => !here.includes(each.role))) {
    ports.logger.warn(
      { path, maxEntries, groups },
      `role ${role} is not among the roles here: another process must run it on ${path}. After ${maxEntries} frames that it has not read ${whatWhenFull[whenFull]}`,
    );
  }
  const name = topicName(config.topicPrefix, topic);
  return DirectoryLogWriter.open({ path, topic: name, maxEntries, whenFull, groups, ...ports });
}

const whatWhenFull: Readonly<Record<WhenFull, string>> = {
  suspend: 'the node role waits, and so does the puller when its queue is full',
  'drop-oldest': 'the oldest of them are dropped',
};

function directoryReader(config: ProcessorConfig, reading: Reading, ports: Ports): LogReader {
  const { topic } = reading;
  return new DirectoryLogReader({
    path: logDirectory(topic, config),
    topic: topicName(config.topicPrefix, topic),
    group: groupOf(reading, config),
    groups: groupsReading(topic, config),
    tickMs,
    ...ports,
  });
}

/** Where a topic that roles read is without Kafka. */
export function logDirectory(topic: TopicName, config: ProcessorConfig): string {
  if (topic === 'framesCluster') return config.clusterFramesDirectory;
  return topic === 'raw' ? config.rawDirectory : config.framesDirectory;
}

/** A directory keeps an entry until all of these have finished it. */
export function groupsReading(topic: TopicName, config: ProcessorConfig): string[] {
  return readingsIn(topic, config).map((reading) => groupOf(reading, config));
}

/** Who reads a directory, here or in another process. A role that runs nowhere is not among them: it would hold the log for ever. */
function readingsIn(topic: TopicName, { localStore, roles: here }: ProcessorConfig): Reading[] {
  const running: readonly Role[] = [
    'node',
    ...(here.includes('cluster') ? (['cluster'] as const) : []),
    'graphite',
    ...(localStore ? (['local-store'] as const) : []),
    ...(here.includes('events') ? (['events'] as const) : []),
  ];
  return running.flatMap(readingsOfRole).filter((reading) => reading.topic === topic);
}
