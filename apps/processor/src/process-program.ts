import { runService, systemClock, type ProgramContext, type ProgramDefinition } from '@haproxystats/runtime';
import { processorConfigOf } from './processor-config-of';
import { startProcessor } from './start-processor';
import { processValidators } from './validate-process';

/** haproxystats-process: from the log of raw snapshots to the sinks, until it is told to stop. Rejects when a role dies. */
export const processProgram = {
  name: 'process',
  validators: processValidators,
  main: runProcessor,
} satisfies ProgramDefinition;

async function runProcessor(context: ProgramContext): Promise<void> {
  const { settings, logger } = context;
  const { 'status-address': address, 'status-port': port } = settings.process;
  const config = processorConfigOf(settings);
  await runService(context, { address, port }, async (registry) => {
    const processor = await startProcessor(config, { registry, clock: systemClock, logger });
    logger.info({ roles: config.roles, kafka: config.kafka?.brokers }, 'processing');
    return processor;
  });
}
