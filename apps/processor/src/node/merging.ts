import { randomInt } from 'node:crypto';
import { ProcessMerger } from '@haproxystats/metrics';
import { NameFile, type NameFilePorts } from '@haproxystats/sinks';
import type { ProcessorConfig } from '../processor.config';
import type { Merging } from './merge-node';

export type MergingConfig = Pick<ProcessorConfig, 'semantics' | 'aggregateServers' | 'excludeBackends'>;

/** How the processes of a node are merged as users want it. */
export function mergingOf(config: MergingConfig, ports: NameFilePorts): Merging {
  const { semantics, aggregateServers, excludeBackends } = config;
  const merger = new ProcessMerger({
    semantics,
    now: () => ports.clock.monotonic(),
    seed: randomInt(2 ** 32),
  });
  if (!aggregateServers) return { merger };
  const excluded =
    excludeBackends === undefined
      ? undefined
      : new NameFile(excludeBackends, '[process] exclude-backends', ports);
  const none: ReadonlySet<string> = new Set();
  return { merger, aggregatedServers: () => ({ excludedBackends: excluded?.names() ?? none }) };
}
