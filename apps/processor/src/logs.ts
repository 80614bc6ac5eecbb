import {
  createKafka,
  DirectoryLogReader,
  DirectoryLogWriter,
  groupName,
  KafkaLogReader,
  KafkaLogWriter,
  topicName,
  type KafkaSettings,
  type LogReader,
  type LogWriter,
} from '@haproxystats/messaging';
import type { Clock, Logger } from '@haproxystats/runtime';
import { roles, type ProcessorConfig, type Role } from './processor.config';

/** How often a role looks at deadlines. */
const tickMs = 200;

export interface Ports {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The logs that the roles of this instance read and write. */
export interface Logs {
  readonly readers: ReadonlyMap<Role, LogReader>;
  /** Where the node role writes frames. */
  readonly frames: LogWriter;
  readonly framesTopic: string;
}

/** Kafka where it is configured, directories elsewhere. Rejects when another process holds a directory. */
export async function openLogs(config: ProcessorConfig, ports: Ports): Promise<Logs> {
  const framesTopic = topicName(config.topicPrefix, 'framesNode');
  if (config.kafka) return kafkaLogs(config, config.kafka, { ...ports, framesTopic });
  const readers = new Map(config.roles.map((role) => [role, directoryReader(config, role, ports)]));
  const frames = await DirectoryLogWriter.open({
    path: config.framesDirectory,
    topic: framesTopic,
    maxEntries: config.maxFrames,
    groups: [groupName(config.groupPrefix, 'graphite')],
    ...ports,
  });
  return { readers, frames, framesTopic };
}

function kafkaLogs(
  config: ProcessorConfig,
  settings: KafkaSettings,
  { framesTopic, ...ports }: Ports & { framesTopic: string },
): Logs {
  const kafka = createKafka(settings, ports.logger);
  const reader = (role: Role) =>
    new KafkaLogReader({
      kafka,
      topic: topicName(config.topicPrefix, roles[role].reads),
      group: groupName(config.groupPrefix, role),
      sessionTimeoutMs: settings.sessionTimeoutMs,
      tickMs,
      ...ports,
    });
  return {
    readers: new Map(config.roles.map((role) => [role, reader(role)])),
    frames: new KafkaLogWriter({ kafka, ...ports }),
    framesTopic,
  };
}

function directoryReader(config: ProcessorConfig, role: Role, ports: Ports): LogReader {
  const topic = roles[role].reads;
  const group = groupName(config.groupPrefix, role);
  return new DirectoryLogReader({
    path: topic === 'raw' ? config.rawDirectory : config.framesDirectory,
    topic: topicName(config.topicPrefix, topic),
    group,
    groups: [group],
    tickMs,
    ...ports,
  });
}
