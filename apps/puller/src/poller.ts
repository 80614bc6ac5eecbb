import type { Poll, ProcessReply } from '@haproxystats/haproxy';
import type { ServerAddress } from '@haproxystats/runtime';
import { Asker, type AskerPorts } from './asker';
import { leadToOneProcess, showCliSockets, type CliSockets } from './cli-sockets';
import { ProcessIdentities, type LookAlikes, type Processes } from './identity';
import { infoValue } from './info-value';
import { Master, type MasterFigures, type MasterPoll } from './master';
import type { Fact } from './news';
import type { Outcome } from './outcome';
import type { PullerConfig } from './puller.config';
import { maxWorkers } from './show-proc';
import { maxSockets, processOf, socketList } from './socket-list';
import type { Answer } from './stats-socket';
import { TagBook, type Ask } from './tag-book';
import { targetAt } from './target';
import { within } from './within';

export interface PollerPorts extends AskerPorts {
  /** The socket files of a directory. */
  readonly socketFiles: (directory: string) => Promise<{ paths: readonly string[]; problem?: string }>;
}

export interface PollTurn {
  readonly slot: number;
  readonly source: string;
  /** Stops the poll: everything unanswered becomes a failure. */
  readonly signal: AbortSignal;
}

export interface PollResult {
  readonly poll: Poll;
  /** What a person should know about the addresses; the same facts at each poll while they hold. */
  readonly notices: readonly Fact[];
  /** Of all masters together. */
  readonly masters: MasterFigures;
}

/** What stands behind the addresses, before the processes in it are recognised. */
interface Answered {
  readonly outcomes: readonly Outcome[];
  readonly masters: readonly MasterPoll[];
}

const maxConcurrent = 64;

/** Polls all addresses of the node at once, within the deadline of a poll. */
export class Poller {
  readonly #identities = new ProcessIdentities();
  readonly #tags = new TagBook();
  readonly #asker: Asker;
  readonly #masters: readonly Master[];
  /** Stats sockets that answered the last poll. */
  #answering: ReadonlySet<string> = new Set();
  /** Of the last poll, until `learn` has looked into them. */
  #news: readonly ProcessReply[] = [];

  constructor(
    private readonly config: PullerConfig,
    private readonly ports: PollerPorts,
  ) {
    this.#asker = new Asker(config, ports);
    const masters = socketList([], config.masters);
    const room = Math.floor(maxWorkers / masters.length);
    this.#masters = masters.map((address) => new Master(address, room));
  }

  /** One look at all processes. Never rejects for what a peer does. The replies lie in memory that the next poll writes over. */
  async poll({ slot, source, signal }: PollTurn): Promise<PollResult> {
    const { cluster, node, intervalMs, pollTimeoutMs } = this.config;
    const { clock } = this.ports;
    const limitMs = pollTimeoutMs > 0 ? Math.min(pollTimeoutMs, intervalMs) : intervalMs;
    const startedAt = clock.wall();
    const { addresses, notices } = await this.#addresses();
    this.#news = []; // from here on their memory is written over
    this.#asker.begin();
    const { processes, masters } = await within({ clock, limitMs, signal }, async (deadline) => {
      const answered = await this.#askAll(addresses, { deadline, stop: signal });
      return { processes: await this.#recognise(answered, deadline), masters: answered.masters };
    });
    const { replies, failures } = processes;
    const tags = this.#tags.tagsOf(replies);
    this.#news = replies;
    return {
      poll: { cluster, node, source, slot, intervalMs, startedAt, replies, failures, ...(tags && { tags }) },
      notices: [
        ...notices,
        ...masters.flatMap((master) => master.notices),
        ...processes.notices,
        ...this.#tags.notices,
      ],
      masters: sumOf(masters),
    };
  }

  /**
   * Asks what the last poll has of columns that the catalogue does not know, once for each poll; later polls carry what came of it.
   * Ends within the limit, and before the next poll begins. Answers how many questions were not answered as they should.
   */
  async learn(limitMs: number, signal: AbortSignal): Promise<number> {
    const replies = this.#news;
    this.#news = [];
    return within({ clock: this.ports.clock, limitMs, signal }, (deadline) =>
      this.#tags.learn(replies, this.#aside(deadline)),
    );
  }

  async #addresses(): Promise<{ addresses: ServerAddress[]; notices: Fact[] }> {
    const { socketDir, servers } = this.config;
    const files = socketDir === undefined ? { paths: [] } : await this.ports.socketFiles(socketDir);
    const masters = new Set(socketList([], this.config.masters).map(processOf));
    const all = socketList(files.paths, servers).filter((address) => !masters.has(processOf(address)));
    const notices: Fact[] = [];
    if (files.problem !== undefined) {
      notices.push({ key: 'socket-dir', state: files.problem, text: files.problem });
    }
    const most = this.#masters.length > 0 ? maxSockets - maxWorkers : maxSockets;
    if (all.length > most) notices.push(tooMany(all.length, most));
    return { addresses: all.slice(0, most), notices };
  }

  /** Stats sockets, at most `maxConcurrent` at a time, and masters beside them; outcomes stand in the order of the addresses. */
  async #askAll(
    addresses: readonly ServerAddress[],
    { deadline, stop }: { deadline: AbortSignal; stop: AbortSignal },
  ): Promise<Answered> {
    const asker = this.#asker;
    const answering = this.#answering;
    const isKnown = (process: string) => this.#isKnown(process, answering);
    const turn = { asker, deadline, stop, isKnown, hasSockets: addresses.length > 0 };
    const sockets: Outcome[] = [];
    const queue = addresses.entries();
    const work = async () => {
      for (const [i, address] of queue) sockets[i] = await asker.statistics(targetAt(address), deadline);
    };
    const [masters] = await Promise.all([
      Promise.all(this.#masters.map((master) => master.poll(turn))),
      ...Array.from({ length: maxConcurrent }, work),
    ]);
    this.#answering = new Set(sockets.filter(({ kind }) => kind === 'reply').map(({ process }) => process));
    return { outcomes: [...sockets, ...masters.flatMap((master) => behind(master, sockets))], masters };
  }

  /** A worker behind a master that a stats socket leads to as well, which answered the last poll. */
  #isKnown(worker: string, answering: ReadonlySet<string>): boolean {
    const process = this.#identities.rootOf(worker);
    return process !== worker && answering.has(process);
  }

  async #recognise({ outcomes, masters }: Answered, deadline: AbortSignal): Promise<Processes> {
    await this.#lookInto(this.#identities.unclear(outcomes), this.#aside(deadline));
    return this.#identities.settle(outcomes, new Set(masters.flatMap(({ present }) => present)));
  }

  /** Asks look-alikes for their sockets, each once. Rare: only when one is new. */
  async #lookInto(pairs: readonly LookAlikes[], ask: Ask): Promise<void> {
    const asked = [...new Set(pairs.flatMap(({ first, second }) => [first, second]))];
    const answers = await Promise.all(asked.map((process) => ask(process, showCliSockets)));
    const sockets = new Map(
      asked.map((process, i): [string, CliSockets] => {
        const answer = answers[i]!;
        const text = 'bytes' in answer ? answer.bytes.toString('latin1') : '';
        return [process, { process, text, isWorker: this.#asker.targetOf(process)?.pid !== undefined }];
      }),
    );
    for (const pair of pairs) {
      const areOne = leadToOneProcess(sockets.get(pair.first)!, sockets.get(pair.second)!);
      if (areOne !== undefined) this.#identities.learn(pair, areOne);
    }
  }

  /** Puts questions beside the poll's own, each in memory of its own. */
  #aside(signal: AbortSignal): Ask {
    const gone: Answer = { reason: 'absent', detail: 'it was not asked in this poll' };
    return (process, command) => {
      const target = this.#asker.targetOf(process);
      return target ? this.#asker.aside(target, command, signal) : Promise.resolve(gone);
    };
  }
}

/**
 * What was asked behind a master. While it begins anew a stats socket may have answered as the worker that is old when its list comes: the
 * next one then waits for the next poll, as if the reload had come after this one. So the name of a socket goes from one to the other.
 */
function behind({ outcomes, reloaded: { old, begun } }: MasterPoll, sockets: readonly Outcome[]): Outcome[] {
  const pids = sockets.flatMap((one) => (one.kind === 'reply' ? [Number(infoValue(one.info, 'Pid'))] : []));
  const isBefore = pids.some((pid) => old.has(pid));
  return outcomes.filter(({ process }) => !(isBefore && begun.includes(process)));
}

function sumOf(masters: readonly MasterPoll[]): MasterFigures {
  const sum = (figure: keyof MasterFigures) =>
    masters.reduce((total, { figures }) => total + figures[figure], 0);
  return { oldWorkers: sum('oldWorkers'), leftOut: sum('leftOut'), failures: sum('failures') };
}

function tooMany(found: number, most: number): Fact {
  const text = `${found} sockets found, only the first ${most} are polled: socket-dir may be the wrong directory`;
  return { key: 'sockets', state: 'too many', text };
}
