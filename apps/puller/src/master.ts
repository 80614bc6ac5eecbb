import type { ServerAddress } from '@haproxystats/runtime';
import type { Asker } from './asker';
import type { Fact } from './news';
import { failed, type Outcome } from './outcome';
import { OwedAnswers } from './owed-answers';
import { maxOldWorkers, polledWorkers, showProc, workersIn, type Worker } from './show-proc';
import { processOf } from './socket-list';
import type { Unanswered } from './stats-socket';
import { workerTarget, type Target } from './target';

/** What a poll came to behind one master. */
export interface MasterPoll {
  readonly outcomes: readonly Outcome[];
  /** Processes of the workers that are there, also of those that were not asked. */
  readonly present: readonly string[];
  readonly reloaded: Reloaded;
  readonly notices: readonly Fact[];
  readonly figures: MasterFigures;
}

/** What the list tells of a reload that may have fallen into the poll. */
export interface Reloaded {
  /** Pids of old workers, also of those that the list before had and this one has not. */
  readonly old: ReadonlySet<number>;
  /** Processes of current workers that the list before did not have. */
  readonly begun: readonly string[];
}

export interface MasterFigures {
  /** Old workers that answered. */
  readonly oldWorkers: number;
  /** Old workers that were not asked, because there are too many. */
  readonly leftOut: number;
  /** Masters that gave no list. */
  readonly failures: number;
}

/** What a poll gives to its masters. */
export interface MasterTurn {
  readonly asker: Asker;
  readonly deadline: AbortSignal;
  /** The end of the program. */
  readonly stop: AbortSignal;
  /** Whether a worker is known to answer on a stats socket of its own that is polled too. */
  readonly isKnown: (process: string) => boolean;
  /** Whether anything is polled beside masters. */
  readonly hasSockets: boolean;
}

type Listed = Worker & { readonly target: Target };

/** Of the ten connections that a master takes: some are left to people. */
const maxAtOnce = 4;
const maxOpen = 7;
/** Old workers are missed for so many polls after the last list: then they may have ended. */
const missedFor = 3;

/** The CLI of a master process: lists its workers at each poll, and asks those that no stats socket leads to. */
export class Master {
  readonly #name: string;
  readonly #owed = new OwedAnswers();
  /** As the last list has them; undefined: there was none. */
  #workers: readonly Listed[] | undefined;
  /** Old workers that were listed at the last poll, and closed. */
  #ending: ReadonlySet<string> = new Set();
  /** Polls since the last list. */
  #missed = 0;

  /** `room`: so many workers are polled at most. */
  constructor(
    private readonly address: ServerAddress,
    private readonly room: number,
  ) {
    this.#name = processOf(address);
  }

  /** Never rejects for what a peer does. */
  async poll(turn: MasterTurn): Promise<MasterPoll> {
    const list = await this.#list(turn);
    if ('reason' in list) return this.#unlisted(list, turn);
    const { workers, leftOut } = polledWorkers(list.workers, this.room);
    this.#missed = 0;
    const before = new Set(this.#workers?.map(({ pid }) => pid));
    this.#workers = workers.map((worker) => ({ ...worker, target: workerTarget(this.address, worker.pid) }));
    const present = this.#workers.map(({ target }) => target.process);
    this.#owed.keepOnly(new Set(present));
    const asked = this.#workers.filter(({ isOld, target }) => isOld || !turn.isKnown(target.process));
    const outcomes = await this.#again(await this.#ask(asked, turn), turn);
    const old = new Set(asked.filter(({ isOld }) => isOld).map(({ target }) => target.process));
    const oldReplies = outcomes.filter(({ kind, process }) => kind === 'reply' && old.has(process));
    return {
      outcomes,
      present,
      reloaded: reloadedIn(this.#workers, before),
      notices: [...tooMany(this.#name, leftOut), ...withoutRows(this.#name, oldReplies)],
      figures: { oldWorkers: oldReplies.length, leftOut, failures: 0 },
    };
  }

  async #list({ asker, deadline }: MasterTurn): Promise<{ workers: Worker[] } | Unanswered> {
    return workersIn(await asker.asideOfMaster(this.address, showProc, deadline));
  }

  /** Its workers are missing as far as nothing else leads to them; old ones may be gone, and are not missed for long. */
  #unlisted({ reason, detail }: Unanswered, { hasSockets, isKnown }: MasterTurn): MasterPoll {
    this.#missed++;
    if (this.#missed > missedFor) this.#workers = this.#workers?.filter(({ isOld }) => !isOld);
    const present = this.#workers?.map(({ target }) => target.process);
    const missing = present?.filter((process) => !isKnown(process)) ?? (hasSockets ? [] : [this.#name]);
    const text = `the master CLI ${this.#name} gives no list of its workers, and old workers are not polled: ${detail}`;
    return {
      outcomes: missing.map((process) =>
        failed({ process, reason, detail: process === this.#name ? detail : `${this.#name}: ${detail}` }),
      ),
      present: present ?? [],
      reloaded: { old: new Set(), begun: [] },
      notices: [{ key: this.#name, state: reason, text }],
      figures: { oldWorkers: 0, leftOut: 0, failures: 1 },
    };
  }

  /** In order, a few at a time. */
  async #ask(workers: readonly Listed[], turn: MasterTurn): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const queue = workers.entries();
    const work = async () => {
      for (const [i, { target }] of queue) outcomes[i] = await this.#askOne(target, turn);
    };
    const lanes = Math.min(maxAtOnce, Math.max(1, maxOpen - this.#owed.size));
    await Promise.all(Array.from({ length: lanes }, work));
    return outcomes;
  }

  #askOne(target: Target, { asker, deadline, stop }: MasterTurn): Outcome | Promise<Outcome> {
    const { process } = target;
    if (this.#owed.has(process)) return failed({ process, ...stillOwed });
    if (this.#owed.size >= maxOpen) return failed({ process, ...tooManyOwed });
    return asker.statistics(target, deadline, (owed) => this.#owed.keep(process, owed, stop));
  }

  /**
   * Asks those that failed in any way but by time once more: the master may have been reloaded at that moment. Those that are no longer
   * listed have ended between the list and the question, which is no failure. An old worker may also be listed for a moment after its
   * end: it is a failure only when that is so at the next poll too.
   */
  async #again(outcomes: readonly Outcome[], turn: MasterTurn): Promise<Outcome[]> {
    const ending = this.#ending;
    this.#ending = new Set();
    const doubtful = namesOf(outcomes.filter(isDoubtful));
    if (doubtful.size === 0) return [...outcomes];
    const list = await this.#list(turn);
    if ('reason' in list) return [...outcomes];
    const there = new Set(list.workers.map(({ pid }) => workerTarget(this.address, pid).process));
    const asked = this.#workers!.filter(
      ({ target: { process } }) => doubtful.has(process) && there.has(process),
    );
    const answers = await this.#ask(asked, turn);
    const isOld = new Set(asked.filter((worker) => worker.isOld).map(({ target }) => target.process));
    this.#ending = namesOf(answers.filter((answer) => isDoubtful(answer) && isOld.has(answer.process)));
    const better = new Map(answers.map((answer) => [answer.process, answer]));
    return outcomes
      .flatMap((outcome) => (doubtful.has(outcome.process) ? (better.get(outcome.process) ?? []) : outcome))
      .filter(({ process }) => !this.#ending.has(process) || ending.has(process));
  }
}

const stillOwed: Unanswered = {
  reason: 'timeout',
  detail: 'an answer is still owed: it is asked again when that has come',
};
const tooManyOwed: Unanswered = {
  reason: 'timeout',
  detail: `not asked: ${maxOpen} workers owe answers, and a master takes ten connections`,
};

function reloadedIn(workers: readonly Listed[], before: ReadonlySet<number>): Reloaded {
  const current = workers.filter(({ isOld }) => !isOld);
  const old = new Set([...before, ...workers.map(({ pid }) => pid)]);
  for (const { pid } of current) old.delete(pid);
  return {
    old,
    begun: current.flatMap(({ pid, target }) => (before.has(pid) ? [] : [target.process])),
  };
}

function namesOf(outcomes: readonly Outcome[]): Set<string> {
  return new Set(outcomes.map(({ process }) => process));
}

/** A worker that answered late, or not at all, would do so again. */
function isDoubtful(outcome: Outcome): boolean {
  return outcome.kind !== 'reply' && !(outcome.kind === 'failure' && outcome.reason === 'timeout');
}

function tooMany(master: string, leftOut: number): Fact[] {
  if (leftOut === 0) return [];
  const text = `behind ${master} there are more than ${maxOldWorkers} old workers: only the newest are polled; "hard-stop-after" in HAProxy's configuration bounds how long they live`;
  return [{ key: `${master} old workers`, state: 'too many', text }];
}

function withoutRows(master: string, replies: readonly Outcome[]): Fact[] {
  const empty = replies.find((outcome) => outcome.kind === 'reply' && hasNoRows(outcome.stat));
  if (!empty) return [];
  const text = `${empty.process} is an old worker that tells nothing of its proxies, as HAProxy before 2.5 does: only its own counters are in the sums`;
  return [{ key: `${master} rows`, state: 'no rows', text }];
}

/** Nothing but the header. */
function hasNoRows(stat: Buffer): boolean {
  return stat.indexOf('\n') === stat.length - 1;
}
