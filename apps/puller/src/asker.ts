import type { Clock, ServerAddress } from '@haproxystats/runtime';
import { outcomeOf, type Outcome } from './outcome';
import type { PullerConfig } from './puller.config';
import { Allowance, ReplyBuffer } from './reply-buffer';
import { statistics, type Answer, type AskOptions, type Owed } from './stats-socket';
import { commandFor, type Target } from './target';
import { within } from './within';

export interface AskerPorts {
  readonly clock: Clock;
  readonly askStats: (address: ServerAddress, options: AskOptions) => Promise<Answer>;
}

/** Of an answer to anything but the poll's own question, which must not make a poll late. */
const maxSideReplyBytes = 262_144;
const maxSideMs = 1_000;

/** Puts questions to processes: the poll's own, of which the memory is kept from poll to poll, and others beside it. */
export class Asker {
  #before = new Map<string, ReplyBuffer>();
  #buffers = new Map<string, ReplyBuffer>();
  #targets = new Map<string, Target>();
  #allowance = new Allowance(0);

  constructor(
    private readonly config: PullerConfig,
    private readonly ports: AskerPorts,
  ) {}

  /** A new poll: from here on the memory of the last one is written over, and what it did not ask is forgotten. */
  begin(): void {
    this.#before = this.#buffers;
    this.#buffers = new Map();
    this.#targets = new Map();
    this.#allowance = new Allowance(this.config.maxPollBytes);
  }

  /** The process of this name that was asked in this poll. */
  targetOf(process: string): Target | undefined {
    return this.#targets.get(process);
  }

  /** Asks for the statistics. Whose connection is taken over by `onOverdue` is not to be asked again before that is closed. */
  async statistics(target: Target, signal: AbortSignal, onOverdue?: (owed: Owed) => void): Promise<Outcome> {
    const { process, address } = target;
    const reply = this.#before.get(process) ?? new ReplyBuffer(this.config.maxReplyBytes);
    this.#before.delete(process);
    this.#buffers.set(process, reply);
    this.#targets.set(process, target);
    const answer = await this.ports.askStats(address, {
      ...this.#options(signal),
      ...(target.pid !== undefined && commandFor(target, statistics)),
      allowance: this.#allowance,
      reply,
      ...(onOverdue && { onOverdue }),
    });
    return outcomeOf(process, answer);
  }

  /** Asks something else, within a second, in memory of its own. */
  aside(target: Target, command: string, signal: AbortSignal): Promise<Answer> {
    return this.#aside(target.address, commandFor(target, command), signal);
  }

  /** The same, of a master itself. */
  asideOfMaster(address: ServerAddress, command: string, signal: AbortSignal): Promise<Answer> {
    return this.#aside(address, { command, isMaster: true }, signal);
  }

  #aside(
    address: ServerAddress,
    question: Pick<AskOptions, 'command' | 'isMaster'>,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { clock, askStats } = this.ports;
    return within({ clock, limitMs: maxSideMs, signal }, (deadline) => {
      const reply = new ReplyBuffer(maxSideReplyBytes);
      const allowance = new Allowance(maxSideReplyBytes);
      return askStats(address, { ...this.#options(deadline), ...question, reply, allowance });
    });
  }

  #options(signal: AbortSignal) {
    const { connectTimeoutMs, connectRetries, connectIntervalMs } = this.config;
    return { clock: this.ports.clock, connectTimeoutMs, connectRetries, connectIntervalMs, signal };
  }
}
