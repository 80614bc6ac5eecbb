import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Target {
  readonly host: string;
  readonly port: number;
}

type State = 'open' | 'reset' | 'black hole';

/** A TCP port of the suite that leads to a server, and can be cut: by resets, or so that nothing comes through any more. */
export class CuttableProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #state: State = 'open';
  #target: Target | undefined;

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#lead(client));
  }

  /** Listens on any free port of 127.0.0.1; where it leads to may be told later. */
  static async start(target?: Target): Promise<CuttableProxy> {
    const proxy = new CuttableProxy();
    proxy.#target = target;
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  leadTo(target: Target): void {
    this.#target = target;
  }

  /** Connections break, and new ones do as soon as they are made. */
  reset(): void {
    this.#state = 'reset';
    for (const [client, server] of this.#pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  /** Connections stay and can be made; not a byte gets through, not even an end. */
  blackHole(): void {
    this.#state = 'black hole';
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  /** As a network after a fault: what was held up goes on. */
  heal(): void {
    this.#state = 'open';
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
  }

  close(): Promise<void> {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #lead(client: Socket): void {
    if (this.#state === 'reset' || !this.#target) {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const server = connect({ ...this.#target, allowHalfOpen: true });
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    this.#pipe(client, server);
    this.#pipe(server, client);
    for (const socket of pair) {
      socket.on('close', () => this.#pairs.delete(pair));
      if (this.#state === 'black hole') socket.pause();
    }
    // What ends before it was told to has not read all that was sent: its end is no answer, and must not look like one.
    server.on('end', () => (server.writableFinished ? client.end() : client.resetAndDestroy()));
    client.on('end', () => server.end());
  }

  /** The bytes of one side, and its break, become those of the other; never an end in place of a break. */
  #pipe(from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on('data', (bytes) => {
      if (to.write(bytes)) return;
      from.pause();
      to.once('drain', () => {
        if (this.#state === 'open') from.resume();
      });
    });
    from.on('error', () => to.resetAndDestroy());
    from.on('close', () => {
      if (!from.readableEnded || !from.writableFinished) to.resetAndDestroy();
    });
  }
}
