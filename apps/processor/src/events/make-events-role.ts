import { createRecordEncoder, topicName, type DeadLetters, type LogWriter } from '@haproxystats/messaging';
import type { Clock, Logger } from '@haproxystats/runtime';
import type { ProcessorConfig } from '../processor.config';
import type { ProcessorMetrics } from '../processor.metrics';
import { EventLog } from './event-log';
import { EventTopic } from './event-topic';
import { EventsRole } from './events-role';

export interface EventsParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ProcessorMetrics;
  readonly deadLetters: DeadLetters;
  /** Absent without Kafka: events are lines of the log then, and nothing else. */
  readonly results: LogWriter | undefined;
}

/** The role `events`, wired. */
export function makeEventsRole(config: ProcessorConfig, parts: EventsParts): EventsRole {
  const { clock, logger, metrics, deadLetters, results } = parts;
  const onUntold = (): void => metrics.unloggedEvents.inc();
  return new EventsRole({
    ...config.events,
    topic: results && topicOf(config, { ...parts, results }),
    log: new EventLog({ clock, logger, onUntold }),
    logger,
    deadLetters,
    onEvent: ({ type }) => metrics.events.inc({ type }),
    onUnreadable: () => metrics.unreadableRecords.inc(),
    onLetGo: () => metrics.tornFrames.inc(),
    onUnwatched: () => metrics.unwatchedFrames.inc(),
  });
}

function topicOf(
  { results: { format, registry }, topicPrefix }: ProcessorConfig,
  { clock, logger, metrics, results: writer }: EventsParts & { readonly results: LogWriter },
): EventTopic {
  return new EventTopic({
    encoder: createRecordEncoder({ format, topicPrefix, registry }),
    writer,
    topic: topicName(topicPrefix, 'events'),
    clock,
    logger,
    onFailure: () => metrics.registryFailures.inc(),
  });
}
