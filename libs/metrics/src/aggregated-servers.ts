import type { Table } from './frame';
import { regroup } from './regroup';

export interface ServerAggregation {
  /** Backends whose servers are left out, by name; with '_' for each '.' it is the same name. */
  readonly excludedBackends: ReadonlySet<string>;
}

/** The servers of one name in all backends as one row. */
export function aggregatedServers(servers: Table, { excludedBackends }: ServerAggregation): Table {
  const excluded = new Set([...excludedBackends].map(withoutDots));
  const table = regroup(servers, (proxy, server) =>
    excluded.has(withoutDots(proxy)) ? undefined : { proxy: '', server },
  );
  return { ...table, kind: 'aggregated-server' };
}

function withoutDots(name: string): string {
  return name.replaceAll('.', '_');
}
