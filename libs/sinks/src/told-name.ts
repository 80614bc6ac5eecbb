import type { FrameHead } from '@haproxystats/metrics';

/** How messages call what a frame is of. */
export function toldName({ scope, cluster, node }: Pick<FrameHead, 'scope' | 'cluster' | 'node'>): string {
  return scope === 'cluster' ? `cluster ${cluster}` : `node ${node}`;
}
