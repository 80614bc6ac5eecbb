import type { RecordCoverage } from '@haproxystats/messaging';
import type { FrameHead } from '@haproxystats/metrics';

/** How much of its node or cluster a frame stands for, by the names that receivers see. */
export function coverageOf({
  coverage: { covered, expected },
  nodes = { seen: 1, expected: 1 },
  late = false,
}: Pick<FrameHead, 'coverage'> & {
  readonly nodes?: Pick<NonNullable<FrameHead['nodes']>, 'seen' | 'expected'> | undefined;
  readonly late?: boolean | undefined;
}): RecordCoverage {
  return {
    covered,
    expected,
    nodes_seen: nodes.seen,
    nodes_expected: nodes.expected,
    complete: covered === expected && nodes.seen === nodes.expected,
    late,
  };
}
