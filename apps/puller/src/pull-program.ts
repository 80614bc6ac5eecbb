import { collectDefaultMetrics, Registry } from 'prom-client';
import { kafkaSettingsOf } from '@haproxystats/messaging';
import { startStatusServer, systemClock, untilAborted, type ProgramContext } from '@haproxystats/runtime';
import { pullerConfigOf } from './puller-config-of';
import { startPuller, type RunningPuller } from './start-puller';

/** haproxystats-pull: from the stats sockets to the spool, and on to Kafka where there is one, until it is told to stop. */
export async function pullProgram({ settings, logger, stop, started }: ProgramContext): Promise<void> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const config = pullerConfigOf(settings);
  const spool = {
    directory: settings.pull['dst-dir'],
    kafka: kafkaSettingsOf(settings),
    groupPrefix: settings.kafka['group-prefix'],
  };
  let puller: RunningPuller | undefined;
  const status = started.add(
    await startStatusServer({
      address: settings.pull['status-address'],
      port: settings.pull['status-port'],
      registry,
      notReady: () => (stop.aborted ? ['stopping'] : (puller?.notReady() ?? ['starting'])),
    }),
  );
  puller = started.add(await startPuller(config, spool, { registry, clock: systemClock, logger }));
  logger.info(
    { node: config.node, statusPort: status.port, spool: spool.directory, kafka: spool.kafka?.brokers },
    'polling',
  );
  await Promise.race([puller.failure, untilAborted(stop)]);
  logger.info('stopping');
}
