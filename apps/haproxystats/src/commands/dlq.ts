import {
  createKafka,
  deadLetterDirectory,
  DeadLettersUnavailable,
  DirectoryDeadLetterStore,
  KafkaDeadLetterStore,
  kafkaSettingsOf,
  topicName,
  type DeadLetterStore,
} from '@haproxystats/messaging';
import { endOnClosedPipe, systemClock, type ProgramContext } from '@haproxystats/runtime';
import { listLetters, type ListOptions, type Streams } from '../dlq/list-letters';
import type { LetterFilter } from '../dlq/letter-filter';
import { ConfiguredLogs } from '../dlq/original-logs';
import { replayLetters } from '../dlq/replay-letters';

/** `haproxystats dlq list`; answers the exit status. */
export function dlqListCommand(
  context: ProgramContext,
  options: ListOptions,
  streams: Streams,
): Promise<number> {
  endOnClosedPipe();
  return reached(streams, () => listLetters(storeOf(context), options, { ...streams, stop: context.stop }));
}

/** `haproxystats dlq replay`; answers the exit status. */
export function dlqReplayCommand(
  context: ProgramContext,
  filter: LetterFilter,
  streams: Streams,
): Promise<number> {
  endOnClosedPipe();
  const logs = context.started.add(new ConfiguredLogs(context));
  return reached(streams, () =>
    replayLetters(filter, { store: storeOf(context), logs, stop: context.stop, ...streams }),
  );
}

async function reached({ err }: Streams, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DeadLettersUnavailable)) throw error;
    err.write(`${error.message}\n`);
    return 1;
  }
}

function storeOf({ settings, logger, started }: ProgramContext): DeadLetterStore {
  const { 'topic-prefix': prefix, 'group-prefix': groupPrefix } = settings.kafka;
  const topic = topicName(prefix, 'dlq');
  const kafka = kafkaSettingsOf(settings);
  if (!kafka) return new DirectoryDeadLetterStore(deadLetterDirectory(settings.process['frames-dir']), topic);
  const ports = { clock: systemClock, logger };
  return started.add(
    new KafkaDeadLetterStore({ kafka: createKafka(kafka, logger), topic, groupPrefix, ...ports }),
  );
}
