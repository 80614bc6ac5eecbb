import { join } from 'node:path';
import {
  deadLetterDirectory,
  DeadLetters,
  DirectoryDeadLetters,
  groupName,
  KafkaLogWriter,
  topicName,
  type DeadLetterEvents,
  type KafkaClient,
  type LogWriter,
} from '@haproxystats/messaging';
import type { Closable } from '@haproxystats/runtime';
import type { LogPorts, Ports } from './logs';
import type { ProcessorConfig, Role } from './processor.config';
import type { ProcessorMetrics } from './processor.metrics';

/** Where each role of this instance puts records that it cannot read. */
export interface DeadLetterQueue extends Closable {
  readonly of: ReadonlyMap<Role, DeadLetters>;
}

/** In Kafka where it is configured, beside the frames elsewhere. Nothing is connected, locked or made before there is a letter. */
export function deadLetterQueue(
  config: ProcessorConfig,
  { metrics, kafka, ...ports }: LogPorts & { readonly metrics: ProcessorMetrics },
): DeadLetterQueue {
  const topic = topicName(config.topicPrefix, 'dlq');
  const events = deadLetterEvents(metrics);
  const logOf = kafka ? inKafka(kafka.client, ports) : inDirectories(config, { topic, ...ports });
  const of = new Map(
    config.roles.map((role) => {
      const reader = groupName(config.groupPrefix, role);
      return [role, new DeadLetters({ log: logOf(role), topic, reader, events, ...ports })];
    }),
  );
  return {
    of,
    close: async () => {
      await Promise.all([...of.values()].map((each) => each.close()));
    },
  };
}

function inKafka(kafka: KafkaClient, ports: Ports): () => LogWriter {
  return () => new KafkaLogWriter({ kafka, ...ports });
}

/** One for each role: a directory has one writer, and roles may run in processes of their own. */
function inDirectories(
  { framesDirectory }: ProcessorConfig,
  ports: Ports & { readonly topic: string },
): (role: Role) => LogWriter {
  return (role) =>
    new DirectoryDeadLetters({ path: join(deadLetterDirectory(framesDirectory), role), ...ports });
}

function deadLetterEvents(metrics: ProcessorMetrics): DeadLetterEvents {
  return {
    kept: (reason) => metrics.deadLetters.inc({ reason }),
    suppressed: () => metrics.deadLettersSuppressed.inc(),
    failed: () => metrics.deadLetterFailures.inc(),
    cut: () => metrics.deadLettersCut.inc(),
  };
}
