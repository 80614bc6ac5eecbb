import { splitReply, type Poll, type ProcessFailure } from '@haproxystats/haproxy';
import type { Clock, ServerAddress } from '@haproxystats/runtime';
import { leadToOneProcess, showCliSockets } from './cli-sockets';
import { ProcessIdentities, type LookAlikes, type Outcome } from './identity';
import type { Fact } from './news';
import type { PullerConfig } from './puller.config';
import { Allowance, ReplyBuffer } from './reply-buffer';
import { maxSockets, processOf, socketList } from './socket-list';
import type { Answer, AskOptions } from './stats-socket';

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

const maxConcurrent = 64;
const maxCliSocketsBytes = 65_536;

/** Polls all addresses of the node at once, within the deadline of a poll. */
export class Poller {
  readonly #identities = new ProcessIdentities();
  #buffers = new Map<string, ReplyBuffer>();

  constructor(
    private readonly config: PullerConfig,
    private readonly ports: PollerPorts,
  ) {}

  /** One look at all processes. Never rejects for what a peer does. The replies lie in memory that the next poll writes over. */
  async poll({ slot, source, signal }: PollTurn): Promise<PollResult> {
    const { cluster, node, intervalMs } = this.config;
    const startedAt = this.ports.clock.wall();
    const { addresses, notices } = await this.#addresses();
    this.#keepBuffers(addresses.map(processOf));
    const outcomes = await this.#withDeadline(signal, async (deadline) => {
      const answered = await this.#askAll(addresses, deadline);
      await this.#lookInto(this.#identities.unclear(answered), addresses, deadline);
      return answered;
    });
    const processes = this.#identities.settle(outcomes);
    const { replies, failures } = processes;
    return {
      poll: { cluster, node, source, slot, intervalMs, startedAt, replies, failures },
      notices: [...notices, ...processes.notices],
    };
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

  /** One for each process, and none for processes that are gone. */
  #keepBuffers(processes: readonly string[]): void {
    const { maxReplyBytes } = this.config;
    this.#buffers = new Map(
      processes.map((process) => [process, this.#buffers.get(process) ?? new ReplyBuffer(maxReplyBytes)]),
    );
  }

  /** Runs `work` with a signal that aborts at the deadline of the poll or with `signal`. */
  async #withDeadline<T>(signal: AbortSignal, work: (deadline: AbortSignal) => Promise<T>): Promise<T> {
    const { intervalMs, pollTimeoutMs } = this.config;
    const over = new AbortController();
    const abort = () => over.abort();
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    const limitMs = pollTimeoutMs > 0 ? Math.min(pollTimeoutMs, intervalMs) : intervalMs;
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
  async #lookInto(
    pairs: readonly LookAlikes[],
    addresses: readonly ServerAddress[],
    signal: AbortSignal,
  ): Promise<void> {
    const named = new Set(pairs.flatMap(({ first, second }) => [first, second]));
    const asked = addresses.filter((address) => named.has(processOf(address)));
    const texts = await Promise.all(asked.map((address) => this.#cliSockets(address, signal)));
    const sockets = new Map(
      asked.map((address, i) => [processOf(address), { process: processOf(address), text: texts[i]! }]),
    );
    for (const pair of pairs) {
      const areOne = leadToOneProcess(sockets.get(pair.first)!, sockets.get(pair.second)!);
      if (areOne !== undefined) this.#identities.learn(pair, areOne);
    }
  }

  async #cliSockets(address: ServerAddress, signal: AbortSignal): Promise<string> {
    const { clock, askStats } = this.ports;
    const reply = new ReplyBuffer(maxCliSocketsBytes);
    const allowance = new Allowance(maxCliSocketsBytes);
    const answer = await askStats(address, {
      ...this.config,
      command: showCliSockets,
      clock,
      signal,
      reply,
      allowance,
    });
    return 'bytes' in answer ? answer.bytes.toString('latin1') : '';
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

function tooMany(found: number): Fact {
  const text = `${found} sockets found, only the first ${maxSockets} are polled: socket-dir may be the wrong directory`;
  return { key: 'sockets', state: 'too many', text };
}
