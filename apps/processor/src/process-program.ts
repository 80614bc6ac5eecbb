import { collectDefaultMetrics, Registry } from 'prom-client';
import { startStatusServer, systemClock, untilAborted, type ProgramContext } from '@haproxystats/runtime';
import { processorConfigOf } from './processor-config-of';
import { startProcessor, type RunningProcessor } from './start-processor';

/** haproxystats-process: from the log of raw snapshots to the sinks, until it is told to stop. Rejects when a role dies. */
export async function processProgram({ settings, logger, stop, started }: ProgramContext): Promise<void> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const config = processorConfigOf(settings);
  let processor: RunningProcessor | undefined;
  const status = started.add(
    await startStatusServer({
      address: settings.process['status-address'],
      port: settings.process['status-port'],
      registry,
      notReady: () => (stop.aborted ? ['stopping'] : (processor?.notReady() ?? ['starting'])),
    }),
  );
  processor = started.add(await startProcessor(config, { registry, clock: systemClock, logger }));
  logger.info({ roles: config.roles, statusPort: status.port, kafka: config.kafka?.brokers }, 'processing');
  await Promise.race([processor.failure, untilAborted(stop)]);
  logger.info('stopping');
}
