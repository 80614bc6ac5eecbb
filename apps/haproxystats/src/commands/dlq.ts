import {
  createKafka,
  deadLetterDirectory,
  DeadLettersUnavailable,
  DirectoryDeadLetterStore,
  KafkaDeadLetterStore,
  kafkaSettingsOf,
  topicName,
  type DeadLetterStore,
  type KafkaClient,
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
  const store = storeOf(context, kafkaOf(context));
  const ports = { ...streams, stop: context.stop };
  return reached(ports, () => listLetters(store, options, ports));
}

/** `haproxystats dlq replay`; answers the exit status. */
export function dlqReplayCommand(
  context: ProgramContext,
  filter: LetterFilter,
  streams: Streams,
): Promise<number> {
  const kafka = kafkaOf(context);
  const logs = context.started.add(new ConfiguredLogs(context, kafka));
  const store = storeOf(context, kafka);
  const ports = { ...streams, stop: context.stop };
  return reached(ports, () => replayLetters(filter, { store, logs, ...ports }));
}

async function reached(
  { err, stop }: Streams & { readonly stop: AbortSignal },
  work: () => Promise<number>,
): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (stop.aborted) err.write('stopped before the end\n');
    else if (error instanceof DeadLettersUnavailable) err.write(`${error.message}\n`);
    else throw error;
    return 1;
  }
}

/** One client for all: what it has to say of the settings is said once. */
function kafkaOf({ settings, logger }: ProgramContext): KafkaClient | undefined {
  const kafka = kafkaSettingsOf(settings);
  return kafka && createKafka(kafka, logger);
}

function storeOf(
  { settings, logger, started }: ProgramContext,
  kafka: KafkaClient | undefined,
): DeadLetterStore {
  const { 'topic-prefix': prefix, 'group-prefix': groupPrefix } = settings.kafka;
  const topic = topicName(prefix, 'dlq');
  if (!kafka) return new DirectoryDeadLetterStore(deadLetterDirectory(settings.process['frames-dir']), topic);
  return started.add(new KafkaDeadLetterStore({ kafka, topic, groupPrefix, clock: systemClock, logger }));
}
