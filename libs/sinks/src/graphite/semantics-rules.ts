import type { Semantics } from '@haproxystats/haproxy';
import type { FrameHead } from '@haproxystats/metrics';

interface SemanticsRules {
  /** Whether `coverage.*` is sent. */
  readonly coverage: boolean;
  /** Whether a frame is sent in which processes are missing that could not be asked. */
  readonly partial: boolean;
}

/** What differs on the way to Graphite. The original knows no coverage, and drops a poll in which a process did not answer. */
const semanticsRules: Readonly<Record<Semantics, SemanticsRules>> = {
  exact: { coverage: true, partial: true },
  classic: { coverage: false, partial: false },
};

/** Clusters, which the original does not know, go by the rules of `exact`. */
export function rulesFor({ scope, semantics }: Pick<FrameHead, 'scope' | 'semantics'>): SemanticsRules {
  return semanticsRules[scope === 'cluster' ? 'exact' : semantics];
}
