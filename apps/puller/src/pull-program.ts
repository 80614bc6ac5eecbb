import { collectDefaultMetrics, Registry } from 'prom-client';
import { kafkaSettingsOf } from '@haproxystats/messaging';
import { startStatusServer, systemClock, untilAborted, type ProgramContext } from '@haproxystats/runtime';
import { pullerConfigOf } from './puller-config-of';
import { startPuller } from './start-puller';

/** haproxystats-pull: from the stats sockets to the spool, and on to Kafka where there is one, until it is told to stop. */
export async function pullProgram({ settings, logger, stop }: ProgramContext): Promise<void> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const config = pullerConfigOf(settings);
  const spool = {
    directory: settings.pull['dst-dir'],
    kafka: kafkaSettingsOf(settings),
    groupPrefix: settings.kafka['group-prefix'],
  };
  const puller = await startPuller(config, spool, { registry, clock: systemClock, logger });
  const status = await startStatusServer({
    address: settings.pull['status-address'],
    port: settings.pull['status-port'],
    registry,
    notReady: () => (stop.aborted ? ['stopping'] : puller.notReady()),
  });
  logger.info(
    { node: config.node, statusPort: status.port, spool: spool.directory, kafka: spool.kafka?.brokers },
    'polling',
  );
  try {
    await Promise.race([puller.failure, untilAborted(stop)]);
  } finally {
    logger.info('stopping');
    await puller.close();
    await status.close();
  }
}
