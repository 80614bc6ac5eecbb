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
  const status = await startStatusServer({ address, port, registry, notReady: () => reasons() });
  started.add(status, 'the status server');
  logger.info({ address, port: status.port }, 'serving health and metrics');
  const stopping = untilAborted(stop).then(() => (reasons = () => ['stopping']));
  try {
    const service = started.add(await start(registry), 'the service');
    if (!stop.aborted) reasons = () => service.notReady();
    await Promise.race([service.failure, stopping]);
  } finally {
    // Also after a fault: what is left of it takes no work any more.
    reasons = () => ['stopping'];
  }
  logger.info('stopping');
}
