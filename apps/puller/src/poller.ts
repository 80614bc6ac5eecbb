import { splitReply, type Poll, type ProcessFailure, type ProcessReply } from '@haproxystats/haproxy';
import type { Clock, ServerAddress } from '@haproxystats/runtime';
import { leadToOneProcess, showCliSockets } from './cli-sockets';
import { ProcessIdentities, type LookAlikes, type Outcome, type Processes } from './identity';
import type { Fact } from './news';
import type { PullerConfig } from './puller.config';
import { Allowance, ReplyBuffer } from './reply-buffer';
import { maxSockets, processOf, socketList } from './socket-list';
import type { Answer, AskOptions } from './stats-socket';
import { TagBook, type Ask } from './tag-book';

export interface PollerPorts {
  readonly clock: Clock;
  /** The socket files of a directory. */
  readonly socketFiles: (directory: string) => Promise<{ paths: readonly string[]; problem?: string }>;
  readonly askStats: (address: ServerAddress, options: AskOptions) => Promise<Answer>;
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
}

interface Limit {
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

const maxConcurrent = 64;
/** Of an answer to anything but the poll's own question, which must not make a poll late. */
const maxSideReplyBytes = 262_144;
const maxSideMs = 1_000;

/** Polls all addresses of the node at once, within the deadline of a poll. */
export class Poller {
  readonly #identities = new ProcessIdentities();
  readonly #tags = new TagBook();
  #buffers = new Map<string, ReplyBuffer>();
  #byProcess = new Map<string, ServerAddress>();
  /** Of the last poll, until `learn` has looked into them. */
  #news: readonly ProcessReply[] = [];

  constructor(
    private readonly config: PullerConfig,
    private readonly ports: PollerPorts,
  ) {}

  /** One look at all processes. Never rejects for what a peer does. The replies lie in memory that the next poll writes over. */
  async poll({ slot, source, signal }: PollTurn): Promise<PollResult> {
    const { cluster, node, intervalMs, pollTimeoutMs } = this.config;
    const limitMs = pollTimeoutMs > 0 ? Math.min(pollTimeoutMs, intervalMs) : intervalMs;
    const startedAt = this.ports.clock.wall();
    const { addresses, notices } = await this.#addresses();
    this.#keep(addresses);
    const processes = await this.#within({ limitMs, signal }, (deadline) =>
      this.#processes(addresses, deadline),
    );
    const { replies, failures } = processes;
    const tags = this.#tags.tagsOf(replies);
    this.#news = replies;
    return {
      poll: { cluster, node, source, slot, intervalMs, startedAt, replies, failures, ...(tags && { tags }) },
      notices: [...notices, ...processes.notices, ...this.#tags.notices],
    };
  }

  /**
   * Asks what the last poll has of columns that the catalogue does not know, once for each poll; later polls carry what came of it.
   * Ends within the limit, and before the next poll begins. Answers how many questions were not answered as they should.
   */
  async learn(limitMs: number, signal: AbortSignal): Promise<number> {
    const replies = this.#news;
    this.#news = [];
    return this.#within({ limitMs, signal }, (deadline) => this.#tags.learn(replies, this.#aside(deadline)));
  }

  /** What the addresses say, as the processes behind them. */
  async #processes(addresses: readonly ServerAddress[], deadline: AbortSignal): Promise<Processes> {
    const answered = await this.#askAll(addresses, deadline);
    await this.#lookInto(this.#identities.unclear(answered), this.#aside(deadline));
    return this.#identities.settle(answered);
  }

  async #addresses(): Promise<{ addresses: ServerAddress[]; notices: Fact[] }> {
    const { socketDir, servers } = this.config;
    const files = socketDir === undefined ? { paths: [] } : await this.ports.socketFiles(socketDir);
    const all = socketList(files.paths, servers);
    const notices: Fact[] = [];
    if (files.problem !== undefined) {
      notices.push({ key: 'socket-dir', state: files.problem, text: files.problem });
    }
    if (all.length > maxSockets) notices.push(tooMany(all.length));
    return { addresses: all.slice(0, maxSockets), notices };
  }

  /** The addresses by process, and a buffer for each; none for processes that are gone. */
  #keep(addresses: readonly ServerAddress[]): void {
    const { maxReplyBytes } = this.config;
    const buffers = this.#buffers;
    this.#news = []; // from here on their memory is written over
    this.#byProcess = new Map(addresses.map((address) => [processOf(address), address]));
    this.#buffers = new Map(
      [...this.#byProcess.keys()].map((process) => [
        process,
        buffers.get(process) ?? new ReplyBuffer(maxReplyBytes),
      ]),
    );
  }

  /** Runs `work` with a signal that aborts after so long, or with `signal`. */
  async #within<T>({ limitMs, signal }: Limit, work: (deadline: AbortSignal) => Promise<T>): Promise<T> {
    const over = new AbortController();
    const abort = () => over.abort();
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    const timer = this.ports.clock.sleep(limitMs, over.signal).then(abort);
    try {
      return await work(over.signal);
    } finally {
      signal.removeEventListener('abort', abort);
      abort();
      await timer;
    }
  }

  /** At most `maxConcurrent` at a time; outcomes stand in the order of the addresses. */
  async #askAll(addresses: readonly ServerAddress[], signal: AbortSignal): Promise<Outcome[]> {
    const allowance = new Allowance(this.config.maxPollBytes);
    const outcomes: Outcome[] = [];
    const queue = addresses.entries();
    const work = async () => {
      for (const [i, address] of queue) outcomes[i] = await this.#ask(address, { allowance, signal });
    };
    await Promise.all(Array.from({ length: maxConcurrent }, work));
    return outcomes;
  }

  /** Asks look-alikes for their sockets, each once. Rare: only when one is new. */
  async #lookInto(pairs: readonly LookAlikes[], ask: Ask): Promise<void> {
    const asked = [...new Set(pairs.flatMap(({ first, second }) => [first, second]))];
    const answers = await Promise.all(asked.map((process) => ask(process, showCliSockets)));
    const sockets = new Map(
      asked.map((process, i) => [process, { process, text: textOf(answers[i]!) }] as const),
    );
    for (const pair of pairs) {
      const areOne = leadToOneProcess(sockets.get(pair.first)!, sockets.get(pair.second)!);
      if (areOne !== undefined) this.#identities.learn(pair, areOne);
    }
  }

  /** Puts questions beside the poll's own, each in memory of its own. */
  #aside(signal: AbortSignal): Ask {
    const { clock, askStats } = this.ports;
    return (process, command) =>
      this.#within({ limitMs: maxSideMs, signal }, (deadline) => {
        const reply = new ReplyBuffer(maxSideReplyBytes);
        const allowance = new Allowance(maxSideReplyBytes);
        const options = { ...this.config, command, clock, signal: deadline, reply, allowance };
        return askStats(this.#byProcess.get(process)!, options);
      });
  }

  async #ask(address: ServerAddress, shared: Pick<AskOptions, 'allowance' | 'signal'>): Promise<Outcome> {
    const { clock, askStats } = this.ports;
    const process = processOf(address);
    const reply = this.#buffers.get(process)!;
    return outcomeOf(process, await askStats(address, { ...this.config, ...shared, clock, reply }));
  }
}

function outcomeOf(process: string, answer: Answer): Outcome {
  if ('reason' in answer) return failed({ process, ...answer });
  const parts = splitReply(answer.bytes);
  if (parts.verdict === 'whole') return { kind: 'reply', process, info: parts.info, stat: parts.stat };
  if (parts.verdict === 'master') return { kind: 'master', process };
  return failed({ process, reason: parts.verdict, detail: parts.detail });
}

function failed(failure: ProcessFailure): Outcome {
  return { kind: 'failure', ...failure };
}

function textOf(answer: Answer): string {
  return 'bytes' in answer ? answer.bytes.toString('latin1') : '';
}

function tooMany(found: number): Fact {
  const text = `${found} sockets found, only the first ${maxSockets} are polled: socket-dir may be the wrong directory`;
  return { key: 'sockets', state: 'too many', text };
}
