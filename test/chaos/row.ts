import type { Findings } from './oracle/findings';
import type { Judgement, Window } from './oracle/judgement';
import type { Accounts } from './oracle/answers';
import type { Stage } from './fault-makers';

/** What came of a row, when everything had settled. */
export interface Outcome {
  readonly window: Window;
  readonly judgement: Judgement;
  readonly accounts: Accounts;
  /** Records of the topics, since the start and apart from poison, that are neither polls nor frames; and lines that are none. */
  readonly unreadable: number;
  /** Ends of processes that nobody had brought about. */
  readonly exits: number;
  /** Nodes that were there all the time, and of which no slot is in the raw topic. */
  readonly silentNodes: readonly string[];
}

/** What a row says beside the figures of the table. */
export interface Verdict {
  /** How many of the kinds of faults have befallen, of how many. */
  readonly faults?: { readonly reached: number; readonly total: number } | undefined;
  /** Sentences for the reader. */
  readonly notes: readonly string[];
  /** Promises that were broken; none: the row passes. */
  readonly broken: readonly string[];
}

/** Judges what only this row promises. */
export type Check = (outcome: Outcome) => Verdict | Promise<Verdict>;

/** A promise of the delivery protocol, and how it is put to the test. */
export interface Row {
  readonly name: string;
  readonly promise: string;
  /** Its share of the time, about its seconds in 5 minutes; and the seconds that it takes at least. */
  readonly weight: number;
  readonly leastSeconds: number;
  /** Does what is to be withstood, for about so many ms. */
  readonly run: (stage: Stage, ms: number) => Promise<Check>;
}

export const nothingMore: Check = () => ({ notes: [], broken: [] });

/** WHAT NO ROW MAY SHOW, whatever befell. */
const everywhere: readonly [what: string, of: (outcome: Outcome) => Findings][] = [
  ['lost: an answer of a socket is not in the raw topic', ({ accounts }) => accounts.lost],
  ['torn: an answer was changed on its way', ({ accounts }) => accounts.torn],
  ['lost: a process that came within grace is in no frame', ({ judgement }) => judgement.lost],
  ['doubled: a process is counted twice', ({ judgement }) => judgement.doubled],
  ['wrong: a sum is not that of the processes', ({ judgement }) => judgement.wrong],
  ['wrong: a frame or a line is of a slot that nobody has polled', ({ judgement }) => judgement.unheard],
  ['lied: a frame is said to be complete', ({ judgement }) => judgement.lied],
  ['lost: a line did not reach the receiver', ({ judgement }) => judgement.undelivered],
  ['lost: a line has another value at the receiver', ({ judgement }) => judgement.altered],
];

/** The promises of all rows that this one has broken. */
export function brokenEverywhere(outcome: Outcome): string[] {
  const broken = everywhere.flatMap(([what, of]) => {
    const { count, examples } = of(outcome);
    return count === 0 ? [] : [`${what}: ${count} times, for instance ${examples.join('; ')}`];
  });
  if (outcome.unreadable > 0)
    broken.push(`torn: ${outcome.unreadable} records of the topics or lines of the receiver cannot be read`);
  if (outcome.judgement.polls === 0) broken.push('nothing was polled: nothing was tested');
  for (const node of outcome.silentNodes) broken.push(`lost: ${node} was never polled in this time`);
  return broken;
}

/** One verdict of several. */
export function together(verdicts: readonly Verdict[]): Verdict {
  return {
    faults: verdicts.find(({ faults }) => faults)?.faults,
    notes: verdicts.flatMap(({ notes }) => notes),
    broken: verdicts.flatMap(({ broken }) => broken),
  };
}
