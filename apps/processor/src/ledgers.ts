import { groupName } from '@haproxystats/messaging';
import type { Closable } from '@haproxystats/runtime';
import type { Coordinator } from './coordinator/coordinator';
import { FallbackCoordinator } from './coordinator/fallback.coordinator';
import { MemoryCoordinator } from './coordinator/memory.coordinator';
import { RedisCoordinator } from './coordinator/redis.coordinator';
import type { Ports } from './logs';
import type { ProcessorConfig, Role } from './processor.config';
import type { ProcessorMetrics } from './processor.metrics';

/** The roles that emit, and so keep a ledger: each one of its own, so that a node and a cluster of one name are not taken for each other. */
const emitters: readonly Role[] = ['node', 'cluster'];

export interface Ledgers extends Closable {
  readonly of: ReadonlyMap<Role, Coordinator>;
}

/** The ledgers of the roles of this instance. */
export function ledgersOf(
  config: ProcessorConfig,
  ports: Ports & { readonly metrics: ProcessorMetrics },
): Ledgers {
  const degraded = new Set<Role>();
  const onDegraded = (role: Role, isDegraded: boolean): void => {
    if (isDegraded) degraded.add(role);
    else degraded.delete(role);
    ports.metrics.ledgerDegraded.set(degraded.size > 0 ? 1 : 0);
  };
  const ledgerOf = (role: Role): Coordinator => {
    const { clock, logger, metrics } = ports;
    const memory = new MemoryCoordinator(clock);
    if (!config.redis) return memory;
    const redis = new RedisCoordinator(
      { ...config.redis, group: groupName(config.groupPrefix, role) },
      logger,
    );
    return new FallbackCoordinator(redis, memory, {
      clock,
      logger,
      onDegraded: (isDegraded) => onDegraded(role, isDegraded),
      onRefused: () => metrics.ledgerRefusals.inc(),
    });
  };
  const here = emitters.filter((role) => config.roles.includes(role));
  const of = new Map(here.map((role) => [role, ledgerOf(role)]));
  return {
    of,
    close: async () => {
      await Promise.all([...of.values()].map((each) => each.close()));
    },
  };
}
