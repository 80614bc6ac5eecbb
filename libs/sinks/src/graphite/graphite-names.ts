import type { FrameHead, Table } from '@haproxystats/metrics';

export interface GraphiteNames {
  /** First path segments, used as they are, dots kept. */
  readonly namespace: string;
  readonly prefixHostname: boolean;
  /** The whole host name, its dots as `_`; else only what stands before the first dot. */
  readonly fqdn: boolean;
}

/** One segment of a path: letters, digits, `_`, `:` and `-` stay, every other character becomes `_`. */
export function pathSegment(name: string): string {
  return name.replace(/[^A-Za-z0-9_:-]/g, '_');
}

/** `<namespace>.<host>.haproxy`; for a cluster `<namespace>.clusters.<cluster>.haproxy`. */
export function pathPrefix(head: FrameHead, { namespace, prefixHostname, fqdn }: GraphiteNames): string {
  if (head.scope === 'cluster') return `${namespace}.clusters.${pathSegment(head.cluster)}.haproxy`;
  if (!prefixHostname) return `${namespace}.haproxy`;
  const host = fqdn ? head.node : head.node.replace(/\..*$/, '');
  return `${namespace}.${pathSegment(host)}.haproxy`;
}

/** Where a row's metrics stand below the prefix, ending in a dot. */
export function rowPath(table: Table, row: number): string {
  const proxy = pathSegment(table.proxies[row]!);
  if (table.kind === 'daemon') return 'daemon.';
  if (table.kind === 'server') return `backend.${proxy}.server.${pathSegment(table.servers[row]!)}.`;
  return `${table.kind}.${proxy}.`;
}
