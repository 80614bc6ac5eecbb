import { Findings } from './findings';

/** What a stats socket has said, as the socket itself wrote it down. */
interface Answer {
  readonly node: string;
  readonly process: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly stat: string;
  arrived: boolean;
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
const label = 'answer-';

/** Every answer carries a number of its own, in the description of `show info`: so each is found again, or missed. */
export class Answers {
  readonly #answers: Answer[] = [];
  #torn: { at: number; what: string }[] = [];

  /** Writes an answer down; its `show info` is to be sent as it is returned here. */
  give({ node, process, info, stat }: { node: string; process: string; info: string; stat: string }): string {
    const number = this.#answers.push({ node, process, at: Date.now(), stat, arrived: false }) - 1;
    return info.replace(/^description: .*$/m, `description: ${label}${number}`);
  }

  /** An answer as it lies in the raw topic. */
  found(info: string, stat: string): void {
    const number = Number(new RegExp(`^description: ${label}(\\d+)$`, 'm').exec(info)?.[1] ?? NaN);
    const answer = this.#answers[number];
    if (!answer) return;
    answer.arrived = true;
    if (answer.stat.trimEnd() !== stat.trimEnd())
      this.#torn.push({
        at: answer.at,
        what: `answer ${number} of ${answer.process} was changed on its way`,
      });
  }

  /**
   * Of the answers given from `from` to `to`. Excused is what a puller had in hand when it was killed, and what its manifest
   * gives up as failed.
   */
  account(
    { from, to }: { from: number; to: number },
    kills: readonly Excuse[],
    hasFailed: (node: string, process: string, at: number) => boolean,
  ): Accounts {
    const accounts = { lost: new Findings(), torn: new Findings(), excused: 0 };
    for (const { at, what } of this.#torn) if (at >= from && at < to) accounts.torn.add(what);
    for (const { node, process, at, arrived } of this.#answers) {
      if (at < from || at >= to || arrived || hasFailed(node, process, at)) continue;
      if (kills.some((kill) => kill.node === node && kill.at >= at && kill.at - at < unspooledMs))
        accounts.excused++;
      else
        accounts.lost.add(
          `the answer of ${process} at ${new Date(at).toISOString()} is not in the raw topic`,
        );
    }
    return accounts;
  }
}
