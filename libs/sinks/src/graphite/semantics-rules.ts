import type { Semantics } from '@haproxystats/haproxy';

interface SemanticsRules {
  /** Whether `coverage.*` is sent. */
  readonly coverage: boolean;
  /** Whether a frame is sent in which processes are missing that could not be asked. */
  readonly partial: boolean;
}

/** What differs on the way to Graphite. The original knows no coverage, and drops a poll in which a process did not answer. */
export const semanticsRules: Readonly<Record<Semantics, SemanticsRules>> = {
  exact: { coverage: true, partial: true },
  classic: { coverage: false, partial: false },
};
