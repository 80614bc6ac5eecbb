import { NestFactory } from '@nestjs/core';
import { groupName, LogServer } from '@haproxystats/messaging';
import { NestLogger } from '@haproxystats/runtime';
import type { Registry } from 'prom-client';
import type { Coordinator } from './coordinator/coordinator';
import { FallbackCoordinator } from './coordinator/fallback.coordinator';
import { MemoryCoordinator } from './coordinator/memory.coordinator';
import { RedisCoordinator } from './coordinator/redis.coordinator';
import { openLogs, type Logs, type Ports } from './logs';
import type { ProcessorConfig } from './processor.config';
import { lagGauge, processorMetrics, type ProcessorMetrics } from './processor.metrics';
import { ProcessorModule, type ProcessorParts } from './processor.module';

export interface ProcessorPorts extends Ports {
  readonly registry: Registry;
  readonly onDelivered?: ProcessorParts['onDelivered'];
}

export interface RunningProcessor {
  /** What keeps a role from working; none: ready. */
  notReady(): string[];
  /** Rejects when a role has died for good: end the process with a status other than 0. */
  readonly failure: Promise<never>;
  /** Finishes what is in hand, lets commits through, leaves the groups. */
  close(): Promise<void>;
}

export async function startProcessor(
  config: ProcessorConfig,
  ports: ProcessorPorts,
): Promise<RunningProcessor> {
  const { registry, logger, onDelivered } = ports;
  const metrics = processorMetrics(registry);
  const logs = await openLogs(config, ports);
  const coordinator = coordinatorOf(config, { ...ports, metrics });
  lagGauge(registry, () => [...logs.readers].map(([role, reader]) => [role, reader.lag()]));
  const module = ProcessorModule.register(config, { ...ports, logs, coordinator, metrics, onDelivered });
  const app = await NestFactory.createMicroservice(module, {
    strategy: new LogServer(logs.readers),
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  await app.listen();
  return {
    notReady: () => notReady(logs),
    failure: Promise.race([...logs.readers.values()].map(({ failure }) => failure)),
    close: async () => {
      await Promise.all([...logs.readers.values()].map((reader) => reader.close()));
      await logs.frames.close();
      await coordinator.close();
      await app.close();
    },
  };
}

function notReady({ readers }: Logs): string[] {
  return [...readers]
    .filter(([, { ready }]) => !ready)
    .map(([role]) => `role ${role} has not joined its group yet, or fetches nothing`);
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
    logger,
    onDegraded: (degraded) => metrics.ledgerDegraded.set(degraded ? 1 : 0),
  });
}
