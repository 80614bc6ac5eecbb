import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Clock, Logger } from '@haproxystats/runtime';
import { backendsOf, type Site } from '../site';
import { healthPath } from './haproxy-config';
import type { SitePage } from './pages';

export interface OriginsOptions {
  readonly site: Site;
  readonly pages: readonly SitePage[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Asked at each health check of an HTTP server. */
  readonly isDown: (server: string) => boolean;
}

/** The servers behind the demo's HAProxy: an HTTP server or a TCP echo for each name, all within this program. */
export class Origins {
  readonly #listeners: { readonly name: string; readonly server: Server }[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #body = Buffer.alloc(65_536, 'All demo and no play makes a dull load balancer. ');

  private constructor(private readonly options: OriginsOptions) {}

  /** Resolves when every server listens; rejects, with nothing left open, when one cannot. */
  static async start(options: OriginsOptions): Promise<Origins> {
    const origins = new Origins(options);
    try {
      for (const { mode, servers } of backendsOf(options.site))
        for (const name of servers)
          await origins.#listen(name, mode === 'http' ? origins.#httpServer(name) : createServer(echo));
    } catch (error) {
      await origins.close();
      throw error;
    }
    return origins;
  }

  /** By the name of the server. */
  get ports(): ReadonlyMap<string, number> {
    return new Map(this.#listeners.map(({ name, server }) => [name, (server.address() as AddressInfo).port]));
  }

  async close(): Promise<void> {
    const closed = this.#listeners.map(
      ({ server }) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  #listen(name: string, server: Server): Promise<void> {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', (error) => this.options.logger.debug({ err: error, server: name }, 'demo: cut off'));
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        server.off('error', reject);
        this.#listeners.push({ name, server });
        resolve();
      });
    });
  }

  #httpServer(name: string): Server {
    return createHttpServer((request, response) => {
      request.resume();
      if (request.url === healthPath) this.#answerCheck(name, response);
      else void this.#answerPage(request, response);
    });
  }

  #answerCheck(name: string, response: ServerResponse): void {
    response.writeHead(this.options.isDown(name) ? 503 : 200).end();
  }

  async #answerPage(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pages, clock } = this.options;
    const found = pages.find(({ url, page }) => url === request.url && page.method === request.method);
    if (!found) {
      response.writeHead(404).end();
      return;
    }
    const { status, type, bytes, delayMs } = found.page;
    await clock.sleep(delayMs);
    if (status === 0) response.socket?.destroy();
    else
      response
        .writeHead(status, { 'content-type': type, ...(status === 301 ? { location: '/' } : {}) })
        .end(this.#body.subarray(0, bytes));
  }
}

function echo(socket: Socket): void {
  socket.pipe(socket);
}
