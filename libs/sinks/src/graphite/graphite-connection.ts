import { createConnection, type Socket } from 'node:net';
import { once } from 'node:events';
import type { Clock } from '@haproxystats/runtime';

export interface GraphiteAddress {
  readonly host: string;
  readonly port: number;
}

export interface GraphiteTimeouts {
  readonly connectMs: number;
  /** Without any progress of the bytes. */
  readonly writeMs: number;
  /** From our end of the stream to the relay's. */
  readonly closeMs: number;
  /** Between the last byte and the end of the stream, so that the end cannot overtake bytes in flight. At least a round trip. */
  readonly settleMs: number;
}

/**
 * Sends a batch on a connection of its own and closes it in order: Graphite's plaintext protocol acknowledges nothing,
 * but a relay that answers our end of stream with its own has read every byte before it. Rejects otherwise: send it again.
 */
export async function sendInOrder(
  address: GraphiteAddress,
  batch: readonly Buffer[],
  { timeouts, clock, signal }: { timeouts: GraphiteTimeouts; clock: Clock; signal: AbortSignal },
): Promise<void> {
  signal.throwIfAborted();
  const relay = new Relay(address, signal);
  try {
    await relay.within(timeouts.connectMs, 'connect', relay.connected());
    for (const bytes of batch) await relay.within(timeouts.writeMs, 'take bytes', relay.write(bytes));
    await relay.within(timeouts.settleMs + timeouts.writeMs, 'stay', clock.sleep(timeouts.settleMs, signal));
    await relay.within(timeouts.closeMs, 'close', relay.close());
  } finally {
    relay.destroy();
  }
}

class Relay {
  readonly #socket: Socket;
  /** Rejects when the connection fails or the relay leaves early; whatever is waited for is raced with it. */
  readonly #broken: Promise<never>;
  #closing = false;

  constructor(
    private readonly address: GraphiteAddress,
    signal: AbortSignal,
  ) {
    const { host, port } = address;
    const socket = createConnection({ host, port, allowHalfOpen: true, noDelay: true });
    this.#socket = socket;
    this.#broken = new Promise((_, reject) => {
      const fail = (why: string) => reject(new Error(`graphite ${host}:${port}: ${why}`));
      socket.on('error', ({ message }) => fail(message));
      socket.on('close', () => fail('the connection was closed'));
      socket.on('end', () => {
        if (!this.#closing) fail('the relay ended the connection early');
      });
      const stop = () => fail('stopped');
      signal.addEventListener('abort', stop);
      socket.on('close', () => signal.removeEventListener('abort', stop));
    });
    this.#broken.catch(() => undefined);
    // A relay says nothing; what it says anyway is read, so that its end is seen.
    socket.resume();
  }

  async connected(): Promise<void> {
    await once(this.#socket, 'connect');
  }

  /** Resolves when the kernel has taken the bytes. */
  write(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    const ended = this.#socket.readableEnded ? Promise.resolve() : once(this.#socket, 'end');
    this.#socket.end();
    await ended;
  }

  async within(ms: number, what: string, work: Promise<void>): Promise<void> {
    const { host, port } = this.address;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`graphite ${host}:${port}: the relay did not ${what} within ${ms} ms`)),
      ms,
    );
    try {
      await Promise.race([work, late, this.#broken]);
    } finally {
      clearTimeout(timer);
      work.catch(() => undefined);
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
