import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Reads, and closes when the other side has: what an honest relay does. */
export function honest(socket: Socket): void {
  socket.on('end', () => socket.end());
}

/** A relay on loopback that does what the test says. Whatever it reads is kept, by connection. */
export class FakeRelay {
  readonly #sockets = new Set<Socket>();
  readonly #read: Buffer[][] = [];
  /** Connections that ended with a reset of the other side. */
  resets = 0;
  behave: (socket: Socket) => unknown = honest;

  private constructor(
    private readonly server: Server,
    readonly address: Address,
  ) {
    server.on('connection', (socket) => this.#accept(socket));
  }

  static async start(port = 0, host = '127.0.0.1'): Promise<FakeRelay> {
    const server = createServer({ allowHalfOpen: true });
    server.listen(port, host);
    await once(server, 'listening');
    return new FakeRelay(server, { host, port: (server.address() as AddressInfo).port });
  }

  /** What was read, by connection, in the order in which they came. */
  get connections(): readonly Buffer[] {
    return this.#read.map((chunks) => Buffer.concat(chunks));
  }

  get text(): string {
    return this.connections.join('');
  }

  /** Whole lines, in the order in which they were read. */
  get lines(): readonly string[] {
    return this.connections.flatMap((bytes) => bytes.toString().split('\n').slice(0, -1));
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }

  #accept(socket: Socket): void {
    const chunks: Buffer[] = [];
    this.#read.push(chunks);
    this.#sockets.add(socket);
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNRESET') this.resets++;
    });
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (bytes: Buffer) => chunks.push(bytes));
    this.behave(socket);
  }
}

/** Listens, tells its port, and takes no connection, because it does nothing else any more. */
const stuckServer = `
const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  require('node:fs').writeSync(1, String(server.address().port));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

/** Where a connection is neither taken nor refused: a server that accepts nobody, and whose queue is full. */
export async function fullBacklog(): Promise<{ address: Address; close(): Promise<void> }> {
  const child = spawn(process.execPath, ['-e', stuckServer], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  const address = { host: '127.0.0.1', port: Number(String(port)) };
  const fillers = Array.from({ length: 4 }, () => createConnection(address).on('error', () => undefined));
  await once(fillers[1]!, 'connect');
  return {
    address,
    close: async () => {
      for (const filler of fillers) filler.destroy();
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}
