import {
  DirectoryLogReader,
  DirectoryLogWriter,
  groupName,
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
import { roles, type ProcessorConfig, type Role } from './processor.config';

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

/** The logs that the roles of this instance read and write. */
export interface Logs extends Closable {
  readonly readers: ReadonlyMap<Role, LogReader>;
  /** Where the node role writes frames; for no other role, because a directory has one writer. */
  readonly frames: LogWriter | undefined;
  readonly framesTopic: string;
  /** The readers first: they finish what is in hand, which may be written yet. */
  close(): Promise<void>;
  /** The roles that are not closed yet, once `close` was called. */
  waitingFor(): readonly string[];
}

/** Rejects when another process holds a directory. */
export async function openLogs(config: ProcessorConfig, { kafka, ...ports }: LogPorts): Promise<Logs> {
  const framesTopic = topicName(config.topicPrefix, 'framesNode');
  const writes = config.roles.includes('node');
  const { reader, writer } = kafka ? inKafka(config, kafka, ports) : inDirectories(config, ports);
  const frames = writes ? await writer(framesTopic) : undefined;
  const readers = new Map(config.roles.map((role) => [role, reader(role)]));
  const closing = new Set<Role>();
  const closeReader = async ([role, each]: [Role, LogReader]): Promise<void> => {
    closing.add(role);
    await each.close();
    closing.delete(role);
  };
  return {
    readers,
    frames,
    framesTopic,
    close: async () => {
      await Promise.all([...readers].map(closeReader));
      await frames?.close();
    },
    waitingFor: () => [...closing].map((role) => `role ${role} to finish what is in hand`),
  };
}

interface Opening {
  readonly reader: (role: Role) => LogReader;
  readonly writer: (topic: string) => Promise<LogWriter>;
}

function inKafka(
  config: ProcessorConfig,
  { client: kafka, sessionTimeoutMs }: KafkaAccess,
  ports: Ports,
): Opening {
  return {
    reader: (role) =>
      new KafkaLogReader({
        kafka,
        topic: topicName(config.topicPrefix, roles[role].reads),
        group: groupName(config.groupPrefix, role),
        sessionTimeoutMs,
        tickMs,
        ...ports,
      }),
    writer: () => Promise.resolve(new KafkaLogWriter({ kafka, ...ports })),
  };
}

function inDirectories(config: ProcessorConfig, ports: Ports): Opening {
  return {
    reader: (role) => directoryReader(config, role, ports),
    writer: (topic) => framesWriter(config, topic, ports),
  };
}

function framesWriter(config: ProcessorConfig, topic: string, ports: Ports): Promise<LogWriter> {
  const { framesDirectory: path, maxFrames: maxEntries, framesWhenFull: whenFull, roles: here } = config;
  const groups = groupsReading('framesNode', config);
  for (const role of rolesReading('framesNode', config).filter((each) => !here.includes(each))) {
    ports.logger.warn(
      { path, maxEntries, groups },
      `role ${role} is not among the roles here: another process must run it on ${path}. After ${maxEntries} frames that it has not read ${whatWhenFull[whenFull]}`,
    );
  }
  return DirectoryLogWriter.open({ path, topic, maxEntries, whenFull, groups, ...ports });
}

const whatWhenFull: Readonly<Record<WhenFull, string>> = {
  suspend: 'the node role waits, and so does the puller when its queue is full',
  'drop-oldest': 'the oldest of them are dropped',
};

function directoryReader(config: ProcessorConfig, role: Role, ports: Ports): LogReader {
  const topic = roles[role].reads;
  const group = groupName(config.groupPrefix, role);
  return new DirectoryLogReader({
    path: topic === 'raw' ? config.rawDirectory : config.framesDirectory,
    topic: topicName(config.topicPrefix, topic),
    group,
    groups: groupsReading(topic, config),
    tickMs,
    ...ports,
  });
}

/** A directory keeps an entry until all of these have finished it. */
export function groupsReading(topic: TopicName, config: ProcessorConfig): string[] {
  return rolesReading(topic, config).map((role) => groupName(config.groupPrefix, role));
}

/** The roles that read a topic, here or in another process. One that runs nowhere is not among them: it would hold the log for ever. */
function rolesReading(topic: TopicName, { localStore }: ProcessorConfig): Role[] {
  const running: readonly Role[] = localStore ? ['node', 'graphite', 'local-store'] : ['node', 'graphite'];
  return running.filter((role) => roles[role].reads === topic);
}
