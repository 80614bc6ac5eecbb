import type { FrameHead } from '@haproxystats/metrics';
import { coverageOf } from '../coverage-of';

export type NamedNumber = readonly [name: string, value: number];

/** `coverage.*`: how much of the node or cluster the numbers of a slot stand for. */
export function coverageMetrics(head: Pick<FrameHead, 'coverage' | 'nodes' | 'late'>): NamedNumber[] {
  return Object.entries(coverageOf(head)).map(([name, value]) => [name, Number(value)]);
}
