import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** An answered request: over which connection, and when, ms since the epoch. */
export interface Answered {
  readonly openedAt: number;
  readonly at: number;
}

export interface LoadOptions {
  readonly port: number;
  readonly clients: number;
  /** Between two requests of a client. */
  readonly pauseMs: number;
  /** How long a client keeps a connection before it opens another; absent: until `renew`. */
  readonly connectionMs?: number;
}

/** Clients that send one request after the other over connections that are kept alive. */
export class KeepAliveLoad {
  readonly answered: Answered[] = [];
  #isStopping = false;
  #renewals = 0;
  readonly #clients: Promise<void>[];

  constructor(private readonly options: LoadOptions) {
    this.#clients = Array.from({ length: options.clients }, (_, i) => this.#client(i));
  }

  /** Resolves when every request that was sent has been answered. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#clients);
  }

  /** Each client opens another connection as soon as it has the answer that it waits for. */
  renew(): void {
    this.#renewals++;
  }

  async #client(i: number): Promise<void> {
    const { clients, connectionMs = Infinity } = this.options;
    // The first connections end one after the other.
    let lifeMs = (connectionMs * (i + 1)) / clients;
    while (!this.#isStopping) {
      await this.#connection(lifeMs);
      lifeMs = connectionMs;
    }
  }

  async #connection(lifeMs: number): Promise<void> {
    const { port, pauseMs } = this.options;
    const [openedAt, renewals] = [Date.now(), this.#renewals];
    const isKept = () => !this.#isStopping && renewals === this.#renewals && Date.now() - openedAt < lifeMs;
    const socket = connect({ port, host: '127.0.0.1' });
    try {
      await once(socket, 'connect');
      while (isKept()) {
        await ask(socket);
        this.answered.push({ openedAt, at: Date.now() });
        await pause(pauseMs);
      }
    } finally {
      socket.destroy();
    }
  }
}

async function ask(socket: Socket): Promise<void> {
  socket.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  if (!answer.toString().startsWith('HTTP/1.1 200')) throw new Error(`answer: ${answer.toString()}`);
}
