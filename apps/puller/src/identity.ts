import type { ProcessFailure, ProcessReply } from '@haproxystats/haproxy';
import { infoValue } from './info-value';
import type { Fact } from './news';
import type { Outcome } from './outcome';

/** The processes behind the addresses, each once. */
export interface Processes {
  readonly replies: readonly ProcessReply[];
  readonly failures: readonly ProcessFailure[];
  readonly notices: readonly Fact[];
}

/** Two addresses whose answers look like those of one process. */
export interface LookAlikes {
  readonly first: string;
  readonly second: string;
  /** Of the process, as it names itself. */
  readonly name: string;
}

type Reply = Extract<Outcome, { kind: 'reply' }>;

const comma = 0x2c;
const newline = 0x0a;

/** HAProxy versions before 2.4 give no start time, only their age in whole seconds, and two answers are not of one instant. */
const ageToleranceSeconds = 2;

/**
 * Recognises addresses that lead to one process. The first address in order stands for it, also in polls
 * where only another one answers; a pair stays known until one of its addresses is no longer polled.
 */
export class ProcessIdentities {
  /** From an address to the one that stands for its process. */
  readonly #aliases = new Map<string, string>();
  /** Of look-alikes: whether they are one process. */
  readonly #verdicts = new Map<string, boolean>();

  /** The look-alikes among the answers that nobody has looked into: `learn` takes what came of it. */
  unclear(outcomes: readonly Outcome[]): LookAlikes[] {
    const replies = outcomes.filter((outcome) => outcome.kind === 'reply');
    return [...Map.groupBy(replies, ({ info }) => nameOf(info))].flatMap(([name, namesakes]) =>
      namesakes.flatMap((second, i) =>
        namesakes
          .slice(0, i)
          .map((first) => ({
            first: first.process,
            second: second.process,
            name,
            look: [first, second] as const,
          }))
          .filter((pair) => !this.#verdicts.has(keyOf(pair)) && this.#lookAlike(...pair.look)),
      ),
    );
  }

  /** Without a verdict look-alikes are taken for one process. */
  learn(pair: LookAlikes, areOne: boolean): void {
    this.#verdicts.set(keyOf(pair), areOne);
  }

  /** The one that stands for the process of an address, as far as is known. */
  rootOf(process: string): string {
    const next = this.#aliases.get(process);
    return next === undefined ? process : this.rootOf(next); // an alias always leads to one earlier in the order, so this ends
  }

  /**
   * Takes the outcomes in a stable order: stats sockets, then workers behind masters. `workers` are all that there are behind
   * masters, also those that were not asked: what they are an alias of is remembered, and needs no notice.
   */
  settle(outcomes: readonly Outcome[], workers: ReadonlySet<string> = new Set()): Processes {
    const masters = outcomes.filter(({ kind }) => kind === 'master').map(({ process }) => process);
    const others = outcomes.filter((outcome) => outcome.kind !== 'master');
    this.#forgetGone(new Set([...others.map(({ process }) => process), ...workers]));
    this.#alias(others.filter((outcome) => outcome.kind === 'reply'));
    const groups = Map.groupBy(others, ({ process }) => this.rootOf(process));
    const best = [...groups].map(([process, members]) => ({ ...bestOf(members), process }));
    return {
      replies: best.flatMap((one) => (one.kind === 'reply' ? [replyOf(one)] : [])),
      failures: [
        ...best.flatMap((one) => (one.kind === 'failure' ? [failureOf(one)] : [])),
        ...(others.length === 0 ? masters.map(masterFailure) : []),
      ],
      notices: [
        ...[...this.#aliases].filter(([alias]) => !workers.has(alias)).map(pairNotice),
        ...(others.length > 0 ? masters.map(masterNotice) : []),
      ],
    };
  }

  #forgetGone(present: ReadonlySet<string>): void {
    for (const [alias, process] of this.#aliases) {
      if (!present.has(alias) || !present.has(process)) this.#aliases.delete(alias);
    }
    for (const key of this.#verdicts.keys()) {
      const [first = '', second = ''] = key.split('\n');
      if (!present.has(first) || !present.has(second)) this.#verdicts.delete(key);
    }
  }

  #alias(replies: readonly Reply[]): void {
    const answered = new Set(replies.map(({ process }) => process));
    const seen = new Map<string, Reply[]>();
    for (const reply of replies) {
      const name = nameOf(reply.info);
      const sameName = seen.get(name) ?? [];
      const first = sameName.find((other) => this.#isOneProcess(other, reply));
      if (first) this.#aliases.set(reply.process, this.rootOf(first.process));
      else if (answered.has(this.rootOf(reply.process))) this.#aliases.delete(reply.process);
      if (!first) seen.set(name, [...sameName, reply]);
    }
  }

  #isOneProcess(first: Reply, second: Reply): boolean {
    const pair = { first: first.process, second: second.process, name: nameOf(second.info) };
    return this.#lookAlike(first, second) && this.#verdicts.get(keyOf(pair)) !== false;
  }

  /** The same Pid, start and host name; and the same rows, unless they were one process before. */
  #lookAlike(first: Reply, second: Reply): boolean {
    if (nameOf(first.info) !== nameOf(second.info)) return false;
    if (infoValue(first.info, 'Pid') === '' || !startedTogether(first.info, second.info)) return false;
    return (
      this.rootOf(second.process) === this.rootOf(first.process) || haveSameRows(first.stat, second.stat)
    );
  }
}

/** A reply if there is one, else the first failure. */
function bestOf<O extends Outcome>(members: readonly O[]): O {
  return members.find(({ kind }) => kind === 'reply') ?? members[0]!;
}

const replyOf = ({ process, info, stat }: ProcessReply): ProcessReply => ({ process, info, stat });
const failureOf = ({ process, reason, detail }: ProcessFailure): ProcessFailure => ({
  process,
  reason,
  detail,
});

function masterFailure(process: string): ProcessFailure {
  const detail =
    'a master CLI has no statistics: poll the stats socket of the workers ("stats socket" in global), or name it in master-socket';
  return { process, reason: 'not-haproxy', detail };
}

function masterNotice(process: string): Fact {
  const text = `${process} is a master CLI and left out: its workers are counted by their own stats sockets; named in master-socket, it leads to old workers after a reload too`;
  return { key: process, state: 'master', text };
}

function pairNotice([alias, process]: [string, string]): Fact {
  const text = `${alias} and ${process} lead to one HAProxy process: it is counted once, as ${process}`;
  return { key: alias, state: process, text };
}

function keyOf({ first, second, name }: LookAlikes): string {
  return `${first}\n${second}\n${name}`;
}

/** Equal for two answers of one process. */
function nameOf(info: Buffer): string {
  return ['node', 'Pid', 'Process_num', 'Version'].map((name) => infoValue(info, name)).join('\n');
}

function startedTogether(one: Buffer, other: Buffer): boolean {
  const start = infoValue(one, 'Start_time_sec');
  if (start !== '') return start === infoValue(other, 'Start_time_sec');
  const apart = Number(infoValue(one, 'Uptime_sec')) - Number(infoValue(other, 'Uptime_sec'));
  return Math.abs(apart) <= ageToleranceSeconds;
}

/** The same proxies, listeners and servers in the same order. */
function haveSameRows(one: Buffer, other: Buffer): boolean {
  let i = 0;
  let j = 0;
  while (i < one.length && j < other.length) {
    const iEnd = endOfNames(one, i);
    const jEnd = endOfNames(other, j);
    if (one.compare(other, j, jEnd, i, iEnd) !== 0) return false;
    i = one.indexOf('\n', iEnd) + 1;
    j = other.indexOf('\n', jEnd) + 1;
    if (i === 0 || j === 0) return i === j;
  }
  return i >= one.length && j >= other.length;
}

/** Behind the second value (the proxy's and the server's name) of the row that begins at `from`, or behind a row of fewer. */
function endOfNames(stat: Buffer, from: number): number {
  let at = from;
  // Byte by byte: a search for the comma would go on beyond a row that has none.
  for (let commas = 0; at < stat.length && stat[at] !== newline; at++)
    if (stat[at] === comma && ++commas === 2) break;
  return at;
}
