import { connect, type Socket } from 'node:net';
import type { FailureReason } from '@haproxystats/haproxy';
import { Backoff, type Clock, type ServerAddress } from '@haproxystats/runtime';
import type { Allowance, ReplyBuffer } from './reply-buffer';

export interface AskOptions {
  /** `show info;show stat` unless told otherwise. */
  readonly command?: string;
  readonly clock: Clock;
  /** Takes the answer; what it held before is gone. */
  readonly reply: ReplyBuffer;
  /** What all answers of the poll may still take. */
  readonly allowance: Allowance;
  /** For one attempt to connect. */
  readonly connectTimeoutMs: number;
  /** Further attempts after the first; -1: until `signal` aborts. */
  readonly connectRetries: number;
  /** First pause between attempts; later ones grow to four times this. */
  readonly connectIntervalMs: number;
  /** The deadline: what has no answer by then is a `timeout`. */
  readonly signal: AbortSignal;
  /** The peer is a master CLI, which ends no connection by itself: it is told to, behind the command. */
  readonly isMaster?: boolean;
  /** Takes a connection that has no answer at the deadline, instead of a close. `reply` belongs to it until it is closed. */
  readonly onOverdue?: (owed: Owed) => void;
}

/** A connection on which HAProxy owes an answer. */
export interface Owed {
  /** Resolves when HAProxy has ended it, or `giveUp` has. */
  readonly closed: Promise<unknown>;
  giveUp(): void;
}

export interface Unanswered {
  readonly reason: FailureReason;
  readonly detail: string;
}

/** All bytes the peer sent before it closed, in the memory of `reply`, or why there are none. */
export type Answer = { readonly bytes: Buffer } | Unanswered;

/** `connected` says that trying again is no matter of connecting any more. */
type Attempt = Answer & { readonly connected: boolean };

export const statistics = 'show info;show stat';

/** A master CLI forgets what follows in the line then; newer releases of HAProxy also do not close, as 2.6 does. */
const noSuchWorker = /Can't find the target PID matching the prefix '[^'\n]*'\n+$/;
const longestRefusal = 128;

const reasons: Readonly<Record<string, FailureReason>> = {
  ENOENT: 'absent',
  ENOTDIR: 'absent',
  ECONNREFUSED: 'refused',
  EAGAIN: 'refused', // the backlog of a UNIX socket is full
  EACCES: 'denied',
  EPERM: 'denied',
  ETIMEDOUT: 'timeout',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
};

/**
 * Asks one stats socket, for `show info;show stat` by default, and reads to the end of the answer.
 * Whatever the peer does is an answer: it never rejects, and leaves no socket and no timer behind.
 */
export async function askStats(address: ServerAddress, options: AskOptions): Promise<Answer> {
  const { clock, connectRetries, connectIntervalMs, signal } = options;
  const firstMs = Math.max(10, connectIntervalMs);
  const isOver = () => signal.aborted;
  const backoff = new Backoff({ firstMs, factor: 1.5, maxMs: 4 * firstMs });
  let last: Unanswered = { reason: 'timeout', detail: 'the time was up before it was asked' };
  for (let attempt = 0; !isOver(); attempt++) {
    const outcome = await exchange(address, options);
    if (outcome.connected || 'bytes' in outcome) return outcome;
    if (attempt === 0 || !isOver()) last = outcome; // a deadline hides no earlier reason
    if (attempt === connectRetries) break;
    await clock.sleep(backoff.next(), signal);
  }
  return last;
}

/** One connection. Resolves when the socket is closed. */
function exchange(address: ServerAddress, options: AskOptions): Promise<Attempt> {
  const { allowance, connectTimeoutMs, isMaster, onOverdue, reply, signal } = options;
  reply.begin(allowance);
  return new Promise((resolve) => {
    let connected = false;
    let answer: Answer | undefined;
    const socket = open(address, reply, (isWithinLimit) => {
      if (!isWithinLimit) stop(tooLarge(reply));
      else if (isMaster && isRefusal(reply.bytes)) stop({ bytes: reply.bytes });
    });
    const stop = (given: Answer) => {
      answer ??= given;
      socket.destroy();
    };
    const onAbort = () => {
      const late = overdue(connected, reply);
      if (connected && onOverdue) {
        onOverdue(owedOn(socket));
        resolve({ connected, ...late });
      } else stop(late);
    };
    const timer = setTimeout(() => stop(unconnected(connectTimeoutMs)), connectTimeoutMs);
    signal.addEventListener('abort', onAbort);
    socket.on('connect', () => {
      connected = true;
      clearTimeout(timer);
      putQuestion(socket, options);
    });
    socket.on('end', () => stop({ bytes: reply.bytes }));
    socket.on('error', (error) => stop(failureOf(error)));
    socket.on('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      resolve({ connected, ...(answer ?? { reason: 'reset', detail: 'closed before the answer ended' }) });
    });
  });
}

/**
 * A stats socket closes when it has answered. A master CLI does when it is told to quit; our end stays open until then, because
 * HAProxy may take a half-closed connection for one that nobody listens on any more.
 */
function putQuestion(socket: Socket, { command = statistics, isMaster }: AskOptions): void {
  if (isMaster) socket.write(`${command};quit\n`);
  else socket.end(`${command}\n`);
}

function owedOn(socket: Socket): Owed {
  return { closed: new Promise((closed) => socket.once('close', closed)), giveUp: () => socket.destroy() };
}

function isRefusal(bytes: Buffer): boolean {
  return noSuchWorker.test(bytes.toString('latin1', Math.max(0, bytes.length - longestRefusal)));
}

/** A socket that reads into `reply`; `onBytes` is told each time whether the reply is within its limits: no further is read when not. */
function open(address: ServerAddress, reply: ReplyBuffer, onBytes: (isWithinLimit: boolean) => void): Socket {
  const target =
    address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
  const callback = (bytes: number) => {
    const isWithinLimit = reply.filled(bytes);
    onBytes(isWithinLimit);
    return isWithinLimit;
  };
  return connect({ ...target, onread: { buffer: () => reply.space(), callback } });
}

function tooLarge({ length, maxBytes }: ReplyBuffer): Unanswered {
  const limit = length > maxBytes ? `the limit of ${maxBytes} bytes` : 'what all answers of a poll may take';
  return { reason: 'too-large', detail: `the answer passes ${limit}` };
}

function overdue(connected: boolean, reply: ReplyBuffer): Unanswered {
  const detail = connected
    ? `no end of the answer after ${reply.length} bytes`
    : 'no connection before the time was up';
  return { reason: 'timeout', detail };
}

function unconnected(ms: number): Unanswered {
  return { reason: 'timeout', detail: `no connection within ${ms} ms` };
}

function failureOf(error: NodeJS.ErrnoException): Unanswered {
  const reason = reasons[error.code ?? ''] ?? 'unreachable';
  const all = error instanceof AggregateError ? (error.errors as Error[]) : [error];
  return { reason, detail: all.map(({ message }) => message).join('; ') };
}
