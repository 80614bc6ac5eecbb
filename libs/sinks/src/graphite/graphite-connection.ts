import { createConnection, type Socket } from 'node:net';
import { once } from 'node:events';
import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import { Backoff, type Clock } from '@haproxystats/runtime';
import { unacknowledgedBytes } from './kernel-queue';

export interface GraphiteAddress {
  readonly host: string;
  readonly port: number;
}

export interface GraphiteTimeouts {
  readonly connectMs: number;
  /** Without any progress of the bytes. */
  readonly writeMs: number;
  /** From then on to the relay's end of the stream. */
  readonly closeMs: number;
  /**
   * Between the last byte and the end of the stream, so that the end cannot overtake bytes in flight. At least a round trip. On Linux what
   * the kernel still holds then is waited for as well; elsewhere it takes as long as a slow line needs for that.
   */
  readonly settleMs: number;
}

export interface SendOptions {
  readonly timeouts: GraphiteTimeouts;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A batch that a relay has not acknowledged. */
export class RelayError extends Error {
  constructor(
    address: GraphiteAddress,
    why: string,
    /** Whether the relay may have read some of it: then lines can come twice. */
    readonly inDoubt: boolean,
  ) {
    super(`graphite ${relayName(address)}: ${why}`);
    this.name = 'RelayError';
  }
}

/** `host:port`, an IPv6 address in []. */
export function relayName({ host, port }: GraphiteAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * Sends a batch on a connection of its own and closes it in order: Graphite's plaintext protocol acknowledges nothing,
 * but a relay that answers our end of stream with its own has read every byte before it. Rejects with a RelayError otherwise: send it again.
 */
export async function sendInOrder(
  address: GraphiteAddress,
  batch: readonly Buffer[],
  { timeouts, clock, signal }: SendOptions,
): Promise<void> {
  signal.throwIfAborted();
  const connection = new Connection(address, signal);
  try {
    await connection.connected(timeouts.connectMs);
    await connection.write(batch, timeouts.writeMs);
    await connection.settle(timeouts.settleMs, clock);
    await connection.close(timeouts.closeMs, clock);
  } finally {
    connection.drop();
  }
}

/** Between two looks at what the kernel holds: on many connections a look costs some ms. */
const looks = { firstMs: 5, factor: 2, maxMs: 100 };

/** A relay has nothing to say. One that goes on talking is none, and its talk must not pass for progress. */
const maxHeardBytes = 1_024;

class Connection {
  readonly #socket: Socket;
  /** Rejects when the connection fails or the relay leaves early; whatever is waited for is raced with it. */
  readonly #broken: Promise<never>;
  #break!: (why: Error) => void;
  readonly #over = new AbortController();
  #heardBytes = 0;
  #stage: 'connecting' | 'writing' | 'closing' | 'closed' = 'connecting';

  constructor(
    private readonly address: GraphiteAddress,
    private readonly signal: AbortSignal,
  ) {
    const { host, port } = address;
    this.#socket = createConnection({ host, port, allowHalfOpen: true, noDelay: true });
    this.#broken = new Promise((_, reject) => (this.#break = reject));
    this.#broken.catch(() => undefined);
    this.#watch();
  }

  async connected(ms: number): Promise<void> {
    await this.#within(ms, 'connect', once(this.#socket, 'connect'));
    this.#stage = 'writing';
  }

  /** Resolves when the kernel has taken all bytes. How long the relay takes over them does not matter as long as they move. */
  async write(batch: readonly Buffer[], ms: number): Promise<void> {
    this.#socket.setTimeout(ms, () => this.#fail(`the relay did not take bytes within ${ms} ms`));
    await this.#unlessBroken(Promise.all(batch.map((bytes) => this.#writeOne(bytes))));
    this.#socket.setTimeout(0);
  }

  async settle(ms: number, clock: Clock): Promise<void> {
    await this.#unlessBroken(clock.sleep(ms, this.#over.signal));
  }

  async close(ms: number, clock: Clock): Promise<void> {
    await this.#within(ms, 'close', this.#closeInOrder(clock));
    this.#stage = 'closed';
  }

  /** Leaves nothing behind: of a try that failed the kernel must not go on sending what it still holds. */
  drop(): void {
    this.#over.abort();
    const socket = this.#socket;
    // While it connects, a reset would wait for the connection.
    if (this.#stage === 'closed' || socket.connecting) socket.destroy();
    // While the end is on its way to the kernel, a reset fails, and Node.js loses the open connection.
    else if (socket.writableEnded && !socket.writableFinished)
      socket.once('finish', () => socket.resetAndDestroy());
    else socket.resetAndDestroy();
  }

  async #closeInOrder(clock: Clock): Promise<void> {
    await this.#unlessBroken(this.#acknowledged(clock));
    // Where this program was busy all the time, an early end of the relay has arrived and not been read: it must not pass for its answer.
    // Between two turns all that has arrived is read.
    for (let turn = 0; turn < 2; turn++) await this.#unlessBroken(turnOfEventLoop());
    this.#stage = 'closing';
    const ended = once(this.#socket, 'end');
    this.#socket.end();
    await ended;
  }

  /**
   * Resolves when every byte has reached the relay's machine, as far as this one tells. A relay that dies with bytes that it has not read
   * resets the connection; one whose bytes are still here would seem to end it in order.
   */
  async #acknowledged(clock: Clock): Promise<void> {
    const { signal } = this.#over;
    const wait = new Backoff(looks);
    while (!signal.aborted && (await unacknowledgedBytes(this.#socket)))
      await clock.sleep(wait.next(), signal);
  }

  #watch(): void {
    const socket = this.#socket;
    socket.on('error', (error) => this.#fail(reasonOf(error)));
    socket.on('close', () => this.#fail('the connection was closed'));
    socket.on('end', () => {
      if (this.#stage !== 'closing') this.#fail('the relay ended the connection early');
    });
    // What it says is read, so that its end is seen.
    socket.on('data', ({ length }) => {
      this.#heardBytes += length;
      if (this.#heardBytes > maxHeardBytes)
        this.#fail('what listens there talks as no relay does: are host and port right?');
    });
    this.signal.addEventListener('abort', () => this.#fail('stopped'), { signal: this.#over.signal });
  }

  #fail(why: string): void {
    this.#break(new RelayError(this.address, why, this.#stage !== 'connecting'));
  }

  #writeOne(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  async #within(ms: number, what: string, work: Promise<unknown>): Promise<void> {
    const timer = setTimeout(() => this.#fail(`the relay did not ${what} within ${ms} ms`), ms);
    try {
      await this.#unlessBroken(work);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Work that fails does so because the connection broke, which says better why. */
  async #unlessBroken(work: Promise<unknown>): Promise<void> {
    const held = work.catch(() => this.#broken);
    await Promise.race([held, this.#broken]);
  }
}

/** Of a name with several addresses, none of which can be reached, Node.js says nothing but what each of them said. */
function reasonOf(error: Error & { readonly errors?: readonly Error[] }): string {
  return (error.errors ?? [error]).map(({ message }) => message).join('; ');
}
