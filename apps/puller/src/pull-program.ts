import { kafkaSettingsOf } from '@haproxystats/messaging';
import { runService, systemClock, type ProgramContext } from '@haproxystats/runtime';
import { pullerConfigOf } from './puller-config-of';
import { startPuller } from './start-puller';

/** haproxystats-pull: from the stats sockets to the spool, and on to Kafka where there is one, until it is told to stop. */
export async function pullProgram(context: ProgramContext): Promise<void> {
  const { settings, logger } = context;
  const { 'status-address': address, 'status-port': port, 'dst-dir': directory } = settings.pull;
  const config = pullerConfigOf(settings);
  const kafka = kafkaSettingsOf(settings);
  await runService(context, { address, port }, async (registry) => {
    const spool = { directory, kafka, groupPrefix: settings.kafka['group-prefix'] };
    const puller = await startPuller(config, spool, { registry, clock: systemClock, logger });
    logger.info({ node: config.node, spool: directory, kafka: kafka?.brokers }, 'polling');
    return puller;
  });
}
