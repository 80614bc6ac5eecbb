import { kafkaSettingsOf, validateKafka } from '@haproxystats/messaging';
import {
  directoryFault,
  runService,
  systemClock,
  type Objection,
  type ProgramContext,
  type ProgramDefinition,
  type Settings,
} from '@haproxystats/runtime';
import { pullerConfigOf } from './puller-config-of';
import { startPuller } from './start-puller';

/** haproxystats-pull: from the stats sockets to the spool, and on to Kafka where there is one, until it is told to stop. */
export const pullProgram = {
  name: 'pull',
  validators: [validateSpool, validateKafka],
  main: runPuller,
} satisfies ProgramDefinition;

/** The spool must be writable where there is something to poll. */
function validateSpool({ pull: { servers, ...pull } }: Settings): Objection[] {
  if ([servers, pull['socket-dir'], pull['master-socket']].every((named) => named === undefined)) return [];
  const message = directoryFault(pull['dst-dir']);
  return message === undefined ? [] : [{ section: 'pull', key: 'dst-dir', message }];
}

async function runPuller(context: ProgramContext): Promise<void> {
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
