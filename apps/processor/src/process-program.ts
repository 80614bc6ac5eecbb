import { collectDefaultMetrics, Registry } from 'prom-client';
import { startStatusServer, systemClock, untilAborted, type ProgramContext } from '@haproxystats/runtime';
import { processorConfigOf } from './processor-config-of';
import { startProcessor } from './start-processor';

/** haproxystats-process: from the log of raw snapshots to the sinks, until it is told to stop. Rejects when a role dies. */
export async function processProgram({ settings, logger, stop }: ProgramContext): Promise<void> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const config = processorConfigOf(settings);
  const processor = await startProcessor(config, { registry, clock: systemClock, logger });
  const status = await startStatusServer({
    address: settings.process['status-address'],
    port: settings.process['status-port'],
    registry,
    notReady: () => (stop.aborted ? ['stopping'] : processor.notReady()),
  });
  logger.info({ roles: config.roles, statusPort: status.port, kafka: config.kafka?.brokers }, 'processing');
  try {
    await Promise.race([processor.failure, untilAborted(stop)]);
  } finally {
    logger.info('stopping');
    await processor.close();
    await status.close();
  }
}
