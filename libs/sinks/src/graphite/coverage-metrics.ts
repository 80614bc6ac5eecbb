import type { FrameHead } from '@haproxystats/metrics';

export type NamedNumber = readonly [name: string, value: number];

/** `coverage.*`: how much of the node (or cluster) the numbers of a slot stand for. */
export function coverageMetrics({
  coverage: { covered, expected },
}: Pick<FrameHead, 'coverage'>): NamedNumber[] {
  return [
    ['covered', covered],
    ['expected', expected],
    ['complete', covered === expected ? 1 : 0],
  ];
}
