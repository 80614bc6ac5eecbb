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
}

export interface Unanswered {
  readonly reason: FailureReason;
  readonly detail: string;
}

/** All bytes the peer sent before it closed, in the memory of `reply`, or why there are none. */
export type Answer = { readonly bytes: Buffer } | Unanswered;

/** `connected` says that trying again is no matter of connecting any more. */
type Attempt = Answer & { readonly connected: boolean };

const statistics = 'show info;show stat';

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
  const { allowance, command = statistics, connectTimeoutMs, reply, signal } = options;
  reply.begin(allowance);
  return new Promise((resolve) => {
    let connected = false;
    let answer: Answer | undefined;
    const socket = open(address, reply, () => stop(tooLarge(reply)));
    const stop = (given: Answer) => {
      answer ??= given;
      socket.destroy();
    };
    const onAbort = () => stop(overdue(connected, reply));
    const timer = setTimeout(() => stop(unconnected(connectTimeoutMs)), connectTimeoutMs);
    signal.addEventListener('abort', onAbort);
    socket.on('connect', () => {
      connected = true;
      clearTimeout(timer);
      socket.end(`${command}\n`);
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

/** A socket that reads into `reply`; `onOverflow` is called once a limit of the reply is passed. */
function open(address: ServerAddress, reply: ReplyBuffer, onOverflow: () => void): Socket {
  const target =
    address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
  const callback = (bytes: number) => {
    const goOn = reply.filled(bytes);
    if (!goOn) onOverflow();
    return goOn;
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
