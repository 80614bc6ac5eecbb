import type { GraphiteConfig } from '@haproxystats/sinks';

/** What a Graphite sink needs, without a wish of a user's. Its time limits are long: on a busy machine they are up before what came in time is read. */
export function graphiteConfig(
  change: Partial<GraphiteConfig> & Pick<GraphiteConfig, 'address'>,
): GraphiteConfig {
  return {
    failover: [],
    failoverRetryMs: 30_000,
    names: { namespace: 'lb', prefixHostname: true, fqdn: true },
    finish: {
      semantics: 'exact',
      lists: {},
      modules: false,
      processes: false,
      derived: { apply: (tables) => tables },
      excludeFrontends: undefined,
      excludeBackends: undefined,
    },
    processLabel: 'auto',
    partial: 'send',
    groups: undefined,
    timeouts: { connectMs: 10_000, writeMs: 10_000, closeMs: 10_000, settleMs: 10 },
    retry: { firstMs: 1, factor: 1, maxMs: 1 },
    batchBytes: 150_000,
    ...change,
  };
}
