import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '@haproxystats/runtime';
import { answerLine, type StatsSource } from './stats-commands';

/** The longest request, as HAProxy's default buffer has it, and how long a client may take for it. */
const longestRequest = 16_384;
const idleMs = 10_000;
const mostClients = 100;

export interface StatsSocketServerOptions {
  readonly path: string;
  /** What the process says now; called once for all commands of a client, which so see one moment. */
  readonly source: () => StatsSource;
  readonly logger: Logger;
}

/** A UNIX socket that speaks HAProxy 3's CLI without a prompt: answers one line and closes; without a line feed there is no answer. */
export class StatsSocketServer {
  readonly #server: Server;
  readonly #clients = new Set<Socket>();

  constructor(private readonly options: StatsSocketServerOptions) {
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#serve(client));
    this.#server.maxConnections = mostClients;
  }

  get path(): string {
    return this.options.path;
  }

  /** Rejects when the path cannot be listened on (taken, too long, no permission). */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.options.path, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  /** Cuts what is open; the socket file is gone afterwards. */
  close(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #serve(client: Socket): void {
    let request = '';
    this.#clients.add(client);
    client.setEncoding('latin1');
    client.setTimeout(idleMs, () => client.destroy());
    client.on('data', (chunk: string) => {
      request += chunk;
      if (request.includes('\n')) this.#answer(client, request.slice(0, request.indexOf('\n')));
      else if (request.length > longestRequest) client.destroy();
    });
    client.on('end', () => client.end());
    client.on('error', (error) => this.options.logger.debug({ err: error }, 'simulator: a client went away'));
    client.on('close', () => this.#clients.delete(client));
  }

  #answer(client: Socket, line: string): void {
    client.removeAllListeners('data').resume();
    client.end(answerLine(line, this.options.source()));
  }
}
