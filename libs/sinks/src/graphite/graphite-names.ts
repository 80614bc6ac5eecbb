import type { FrameHead } from '@haproxystats/metrics';

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

/** Several segments of a path: as `pathSegment`, but dots stay. */
export function pathSegments(path: string): string {
  return path.split('.').map(pathSegment).join('.');
}

/** `<namespace>.<host>.haproxy.`; for a cluster `<namespace>.clusters.<cluster>.haproxy.`. */
export function pathPrefix(
  head: Pick<FrameHead, 'scope' | 'cluster' | 'node'>,
  { namespace, prefixHostname, fqdn }: GraphiteNames,
): string {
  if (head.scope === 'cluster') return `${namespace}.clusters.${pathSegment(head.cluster)}.haproxy.`;
  if (!prefixHostname) return `${namespace}.haproxy.`;
  const host = fqdn ? head.node : head.node.replace(/\..*$/, '');
  return `${namespace}.${pathSegment(host)}.haproxy.`;
}
