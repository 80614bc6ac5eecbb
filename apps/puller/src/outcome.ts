import { splitReply, type ProcessFailure } from '@haproxystats/haproxy';
import type { Answer } from './stats-socket';

/** What became of one address, or of a worker behind a master, in a poll; `process` is its identity. */
export type Outcome =
  | { readonly kind: 'reply'; readonly process: string; readonly info: Buffer; readonly stat: Buffer }
  | ({ readonly kind: 'failure' } & ProcessFailure)
  | { readonly kind: 'master'; readonly process: string };

export type Failure = Extract<Outcome, { kind: 'failure' }>;

/** What an answer to `show info;show stat` comes to. */
export function outcomeOf(process: string, answer: Answer): Outcome {
  if ('reason' in answer) return failed({ process, ...answer });
  const parts = splitReply(answer.bytes);
  if (parts.verdict === 'whole') return { kind: 'reply', process, info: parts.info, stat: parts.stat };
  if (parts.verdict === 'master') return { kind: 'master', process };
  return failed({ process, reason: parts.verdict, detail: parts.detail });
}

export function failed({ process, reason, detail }: ProcessFailure): Failure {
  return { kind: 'failure', process, reason, detail };
}
