import type { Tags } from './tags';

/** Why a process gave no usable answer. The words stand in manifests, logs and metrics. */
export const failureReasons = {
  absent: 'no such socket',
  refused: 'nobody listens on the socket',
  denied: 'no permission to use the socket',
  timeout: 'no complete answer in time',
  unreachable: 'the host cannot be reached',
  reset: 'the connection was cut',
  truncated: 'the answer ended before its end',
  'too-large': 'the answer is larger than the limit',
  'not-haproxy': 'the answer is not what HAProxy says',
} as const;

export type FailureReason = keyof typeof failureReasons;

/** What one HAProxy process said: the two blocks of `show info;show stat`, without the empty lines between them. */
export interface ProcessReply {
  /** Identity of the process on its node: socket path or host:port. */
  readonly process: string;
  readonly info: Buffer;
  readonly stat: Buffer;
}

export interface ProcessFailure {
  readonly process: string;
  readonly reason: FailureReason;
  /** For a person: what exactly happened. */
  readonly detail: string;
}

/** One look at all processes of a node. */
export interface Poll {
  readonly cluster: string;
  readonly node: string;
  /** Id of the puller, kept in its spool: tells two pullers of one node apart. */
  readonly source: string;
  /** Start of the slot on the time grid, ms since the epoch; a multiple of `intervalMs`. */
  readonly slot: number;
  readonly intervalMs: number;
  /** When the poll really began, ms since the epoch. */
  readonly startedAt: number;
  readonly replies: readonly ProcessReply[];
  readonly failures: readonly ProcessFailure[];
  /** What HAProxy says of columns that the catalogue does not know; absent where there are none. */
  readonly tags?: Tags | undefined;
}
