import { collectDefaultMetrics, Registry } from 'prom-client';
import type { ProgramContext } from './program';
import type { Closable } from './started';
import { startStatusServer, type StatusServerOptions } from './status-server';
import { untilAborted } from './stop-signals';

/** What a program runs until it is told to stop. */
export interface Service extends Closable {
  /** What keeps it from its work now; none: ready. */
  notReady(): readonly string[];
  /** Rejects when it cannot go on. */
  readonly failure: Promise<never>;
}

/**
 * Serves health and metrics, starts the service, and ends with a stop signal; rejects when the service fails. The status server comes
 * first: where its port is taken nothing else has begun.
 */
export async function runService(
  { logger, stop, started }: ProgramContext,
  { address, port }: Pick<StatusServerOptions, 'address' | 'port'>,
  start: (registry: Registry) => Promise<Service>,
): Promise<void> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  let reasons = (): readonly string[] => ['starting'];
  const notReady = (): readonly string[] => (stop.aborted ? ['stopping'] : reasons());
  const status = started.add(await startStatusServer({ address, port, registry, notReady }));
  logger.info({ address, port: status.port }, 'serving health and metrics');
  const service = started.add(await start(registry));
  reasons = () => service.notReady();
  await Promise.race([service.failure, untilAborted(stop)]);
  logger.info('stopping');
}
