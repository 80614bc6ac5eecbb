import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createKafka, groupName, LogHandlerErrors, LogServer } from '@haproxystats/messaging';
import { NestLogger, Started } from '@haproxystats/runtime';
import type { Registry } from 'prom-client';
import type { Coordinator } from './coordinator/coordinator';
import { FallbackCoordinator } from './coordinator/fallback.coordinator';
import { MemoryCoordinator } from './coordinator/memory.coordinator';
import { RedisCoordinator } from './coordinator/redis.coordinator';
import { deadLetterQueue } from './dead-letter-queue';
import { openLogs, type KafkaAccess, type Logs, type Ports } from './logs';
import type { ProcessorConfig } from './processor.config';
import { processorMetrics, readerMetrics, type ProcessorMetrics } from './processor.metrics';
import { ProcessorModule, type ProcessorParts } from './processor.module';

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
    const coordinator = started.add(coordinatorOf(config, { ...ports, metrics }), 'the ledger');
    const kafka = kafkaAccess(config, ports);
    const deadLetters = started.add(
      deadLetterQueue(config, { ...ports, kafka, metrics }),
      'the dead letter queue',
    );
    const logs = started.add(await openLogs(config, { ...ports, kafka }), 'the logs');
    started.add(
      await listen(config, { ...ports, logs, deadLetters: deadLetters.of, coordinator, metrics }),
      'the roles',
    );
    readerMetrics(ports.registry, logs.readers, logs.frames);
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
  const app = await NestFactory.createMicroservice(ProcessorModule.register(config, parts), {
    strategy: new LogServer(parts.logs.readers),
    logger: new NestLogger(parts.logger),
    abortOnError: false,
  });
  app.useGlobalFilters(new LogHandlerErrors());
  await app.listen();
  return app;
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
    .map(([role]) => `role ${role} has not joined its group yet, or fetches nothing`);
}

function delivered({ readers }: Logs): boolean {
  return [...readers]
    .filter(([role]) => role !== 'node')
    .every(([, reader]) => [...reader.lag().values()].every((lag) => lag === 0));
}

function coordinatorOf(
  config: ProcessorConfig,
  { clock, logger, metrics }: Ports & { metrics: ProcessorMetrics },
): Coordinator {
  const memory = new MemoryCoordinator(clock);
  if (!config.redis) return memory;
  const redis = new RedisCoordinator(
    { ...config.redis, group: groupName(config.groupPrefix, 'node') },
    logger,
  );
  return new FallbackCoordinator(redis, memory, {
    clock,
    logger,
    onDegraded: (degraded) => metrics.ledgerDegraded.set(degraded ? 1 : 0),
    onRefused: () => metrics.ledgerRefusals.inc(),
  });
}
