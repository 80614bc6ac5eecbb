import { randomInt } from 'node:crypto';
import { ProcessMerger, type Excludes, type Grouping } from '@haproxystats/metrics';
import { NameFile, type NameFilePorts } from '@haproxystats/sinks';
import type { ProcessorConfig } from '../processor.config';
import { GroupMemberships } from './group-memberships';
import type { Merging } from './merge-node';

export type MergingConfig = Pick<
  ProcessorConfig,
  | 'semantics'
  | 'rateFields'
  | 'peakFields'
  | 'aggregateServers'
  | 'sums'
  | 'excludeFrontends'
  | 'excludeBackends'
>;

/** How the processes of a node are merged as users want it. */
export function mergingOf(config: MergingConfig, ports: NameFilePorts): Merging {
  const { semantics, rateFields: rates, peakFields: peaks, aggregateServers } = config;
  const merger = new ProcessMerger({
    semantics,
    now: () => ports.clock.monotonic(),
    seed: randomInt(2 ** 32),
    rates,
    peaks,
  });
  const excludes = excludesOf(config, ports);
  return {
    merger,
    aggregatedServers: aggregateServers ? () => ({ excludedBackends: excludes().backends }) : undefined,
    grouping: groupingOf(config, excludes, ports),
  };
}

/** The files are looked at again each time. */
function excludesOf(
  { excludeFrontends, excludeBackends }: MergingConfig,
  ports: NameFilePorts,
): () => Excludes {
  const frontends = namesIn(excludeFrontends, '[process] exclude-frontends', ports);
  const backends = namesIn(excludeBackends, '[process] exclude-backends', ports);
  return () => ({ frontends: frontends.names(), backends: backends.names() });
}

const noNames: Pick<NameFile, 'names'> = { names: () => new Set() };

function namesIn(path: string | undefined, option: string, ports: NameFilePorts): Pick<NameFile, 'names'> {
  return path === undefined ? noNames : new NameFile(path, option, ports);
}

function groupingOf(
  { sums }: MergingConfig,
  excludes: () => Excludes,
  { logger }: NameFilePorts,
): (() => Grouping) | undefined {
  if (Object.values(sums).every((groups) => groups.length === 0)) return undefined;
  const groups = {
    frontend: new GroupMemberships('frontend-sums', sums.frontend, logger),
    backend: new GroupMemberships('backend-sums', sums.backend, logger),
    server: new GroupMemberships('server-sums', sums.server, logger),
  };
  return () => ({ groups, excludes: excludes() });
}
