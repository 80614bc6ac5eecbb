import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createKafka, LogHandlerErrors, LogServer, type LogWriter } from '@haproxystats/messaging';
import { NestLogger, Started } from '@haproxystats/runtime';
import type { Registry } from 'prom-client';
import { deadLetterQueue } from './dead-letter-queue';
import { ledgersOf } from './ledgers';
import { openLogs, type KafkaAccess, type Logs, type Ports } from './logs';
import type { ProcessorConfig, Role } from './processor.config';
import { processorMetrics, readerMetrics } from './processor.metrics';
import type { ProcessorParts } from './processor-parts';
import { ProcessorModule } from './processor.module';

export interface ProcessorPorts extends Ports {
  readonly registry: Registry;
  readonly onDelivered?: ProcessorParts['onDelivered'];
}

export interface RunningProcessor {
  /** What keeps a role from working; none: ready. */
  notReady(): string[];
  /** Whether the sinks of this instance have taken all that was written for them so far. */
  delivered(): boolean;
  /** Rejects when a role has died for good: end the process with a status other than 0. */
  readonly failure: Promise<never>;
  /** Finishes what is in hand, lets commits through, leaves the groups. */
  close(): Promise<void>;
  /** What `close` waits for at this moment. */
  waitingFor(): readonly string[];
}

export function startProcessor(config: ProcessorConfig, ports: ProcessorPorts): Promise<RunningProcessor> {
  return Started.allOrNone(async (started) => {
    const metrics = processorMetrics(ports.registry);
    const ledgers = started.add(ledgersOf(config, { ...ports, metrics }), 'the ledger');
    const kafka = kafkaAccess(config, ports);
    const deadLetters = started.add(
      deadLetterQueue(config, { ...ports, kafka, metrics }),
      'the dead letter queue',
    );
    const logs = started.add(await openLogs(config, { ...ports, kafka }), 'the logs');
    started.add(
      await listen(config, { ...ports, logs, deadLetters: deadLetters.of, ledgers: ledgers.of, metrics }),
      'the roles',
    );
    readerMetrics(ports.registry, logs.readers, writersOf(logs, config.roles));
    return {
      notReady: () => notReady(logs),
      delivered: () => delivered(logs),
      failure: firstFailure(logs),
      close: () => started.close(),
      waitingFor: () => started.waitingFor(),
    };
  });
}

/** One client for all: what it has to say of the settings is said once. */
function kafkaAccess({ kafka }: ProcessorConfig, { logger }: Ports): KafkaAccess | undefined {
  return kafka && { client: createKafka(kafka, logger), sessionTimeoutMs: kafka.sessionTimeoutMs };
}

async function listen(config: ProcessorConfig, parts: ProcessorParts): Promise<INestMicroservice> {
  const readers = new Map([...parts.logs.readers].map(([{ name }, reader]) => [name, reader]));
  const app = await NestFactory.createMicroservice(ProcessorModule.register(config, parts), {
    strategy: new LogServer(readers),
    logger: new NestLogger(parts.logger),
    abortOnError: false,
  });
  app.useGlobalFilters(new LogHandlerErrors());
  await app.listen();
  return app;
}

/** By the role that writes. */
function writersOf(
  { frames, results }: Logs,
  here: readonly Role[],
): Map<Role, { readonly writer: LogWriter }> {
  const writers = new Map<Role, { readonly writer: LogWriter }>(frames);
  return results ? writers.set(here.includes('kafka') ? 'kafka' : 'events', { writer: results }) : writers;
}

/** Heard by whoever takes it; it must not end the program unheard while that is still starting. */
function firstFailure({ readers }: Logs): Promise<never> {
  const failure = Promise.race([...readers.values()].map((reader) => reader.failure));
  failure.catch(() => undefined);
  return failure;
}

function notReady({ readers }: Logs): string[] {
  return [...readers]
    .filter(([, { ready }]) => !ready)
    .map(([{ name }]) => `role ${name} has not joined its group yet, or fetches nothing`);
}

function delivered({ readers }: Logs): boolean {
  return [...readers]
    .filter(([{ role }]) => role !== 'node')
    .every(([, reader]) => [...reader.lag().values()].every((lag) => lag === 0));
}
