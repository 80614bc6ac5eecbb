import { Findings } from './findings';

/** What a stats socket has said, as the socket itself wrote it down. */
interface Answer {
  readonly node: string;
  readonly process: string;
  /** ms since the epoch. */
  readonly at: number;
  /** By how much the clock of the node was ahead, ms. */
  readonly skewMs: number;
  /** Forgotten when it has arrived. */
  stat: string;
  /** Seen in the spool of a puller that had been killed. */
  spooled: boolean;
  arrived: boolean;
}

/** What a socket is about to send. */
export interface Given {
  readonly node: string;
  readonly process: string;
  readonly info: string;
  readonly stat: string;
  readonly skewMs: number;
}

export interface Excuse {
  readonly node: string;
  readonly at: number;
}

export interface Accounts {
  /** Answers that were given and are neither in the raw topic nor excused. */
  readonly lost: Findings;
  /** Answers that lie in the raw topic otherwise than they were given. */
  readonly torn: Findings;
  /** Answers that died with their puller, before they were spooled. */
  readonly excused: number;
}

/** How long an answer may have been on its way to the spool when its puller was killed. */
const unspooledMs = 2_000;
/** How long after a kill a socket may answer what had been asked before: the question lies in its queue. */
const afterKillMs = 300;
/** How long after the begin of its poll a socket may answer, though nobody listens any more: this process has other work too. */
const latestAnswerMs = 10_000;
/** How exactly the clock of a node is known. */
const clockMs = 100;
const label = 'answer-';

/** Every answer carries a number of its own, in the description of `show info`: so each is found again, or missed. */
export class Answers {
  readonly #answers: Answer[] = [];
  #torn: { at: number; what: string }[] = [];

  /** Writes an answer down; its `show info` is to be sent as it is returned here. */
  give({ info, ...given }: Given): string {
    const number = this.#answers.push({ ...given, at: Date.now(), spooled: false, arrived: false }) - 1;
    return info.replace(/^description: .*$/m, `description: ${label}${number}`);
  }

  /** An answer in the spool of a puller that was killed: from now on nothing excuses its loss. */
  spooled(text: string): void {
    const answer = this.#answers[numberIn(text)];
    if (answer) answer.spooled = true;
  }

  /** An answer as it lies in the raw topic; says when it was given, ms since the epoch. */
  found(info: string, stat: string): number | undefined {
    const number = numberIn(info);
    const answer = this.#answers[number];
    if (!answer) return undefined;
    if (!answer.arrived && answer.stat.trimEnd() !== stat.trimEnd())
      this.#torn.push({
        at: answer.at,
        what: `answer ${number} of ${answer.process} was changed on its way`,
      });
    answer.arrived = true;
    answer.stat = '';
    return answer.at;
  }

  /**
   * Of the answers given from `from` to `to`. Excused is what a puller had in hand, and not in its spool, when it was killed, and
   * what a manifest gives up as failed, each for one answer: `failures` are the begins of such polls by process, by the clock of the node.
   */
  account(
    { from, to }: { from: number; to: number },
    kills: readonly Excuse[],
    failures: ReadonlyMap<string, Iterable<number>>,
  ): Accounts {
    const accounts = { lost: new Findings(), torn: new Findings(), excused: 0 };
    for (const { at, what } of this.#torn) if (at >= from && at < to) accounts.torn.add(what);
    const left = new Map([...failures].map(([process, begins]) => [process, new Set(begins)]));
    const given = this.#answers.filter(({ at }) => at >= from && at < to);
    for (const answer of given.filter(({ arrived }) => !arrived)) {
      if (hasFailed(answer, left.get(answer.process))) continue;
      if (isExcused(answer, kills)) accounts.excused++;
      else
        accounts.lost.add(
          `the answer of ${answer.process} at ${new Date(answer.at).toISOString()} is not in the raw topic${answer.spooled ? ', and was in the spool when its puller was killed' : ''}`,
        );
    }
    return accounts;
  }
}

/** Whether a poll has given this answer up, which then excuses no other. */
function hasFailed({ at, skewMs }: Answer, begins: Set<number> | undefined): boolean {
  const told = at + skewMs;
  const begin = [...(begins ?? [])].find((each) => each <= told + clockMs && told < each + latestAnswerMs);
  return begin !== undefined && begins!.delete(begin);
}

function isExcused({ node, at, spooled }: Answer, kills: readonly Excuse[]): boolean {
  const isSoon = (kill: Excuse): boolean => kill.at > at - afterKillMs && kill.at < at + unspooledMs;
  return !spooled && kills.some((kill) => kill.node === node && isSoon(kill));
}

function numberIn(text: string): number {
  return Number(new RegExp(`^description: ${label}(\\d+)$`, 'm').exec(text)?.[1] ?? NaN);
}
