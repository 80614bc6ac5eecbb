import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { askHAProxy, freePort, type HAProxyServer, type Servers } from '../harness';

/** A node of several HAProxy processes that serve the same frontends on the same ports, with a site behind them. */
export class Site {
  private constructor(
    readonly processes: HAProxyServer[],
    readonly tcpPorts: number[],
    private readonly behind: { readonly origin: Server; readonly web: number; readonly api: number },
  ) {}

  /** 2 frontends, 2 backends with 3 servers each, and a listen section: 3 proxies and more, 8 servers. */
  static async start(
    servers: Servers,
    { directory, processes }: { directory: string; processes: number },
  ): Promise<Site> {
    const origin = createServer((request, response) => {
      const status = Number(/status=(\d+)/.exec(request.url ?? '')?.[1] ?? 200);
      response.writeHead(status).end('x'.repeat(100 + (request.url?.length ?? 0)));
    });
    origin.listen(0, '127.0.0.1');
    await once(origin, 'listening');
    const ports = { web: await freePort(), api: await freePort(), spare: await freePort() };
    const tcpPorts = await Promise.all(Array.from({ length: processes }, () => freePort()));
    const started = await Promise.all(
      tcpPorts.map((tcpPort, i) => {
        const facts = {
          ...ports,
          tcpPort,
          socket: `${directory}/${i + 1}.sock`,
          origin: (origin.address() as AddressInfo).port,
        };
        return servers.haproxy({ config: configuration(facts), directory });
      }),
    );
    return new Site(started, tcpPorts, { origin, ...ports });
  }

  get sockets(): string[] {
    return this.processes.map(({ sockets }) => sockets[0]!);
  }

  /** Requests of many kinds, each on a connection of its own so that the kernel spreads them over the processes. */
  async visit(count: number): Promise<void> {
    const agent = new Agent({ keepAlive: false, maxSockets: 16 });
    const statuses = [200, 200, 200, 302, 404, 500];
    await Promise.all(
      Array.from({ length: count }, (_, i) => {
        const port = i % 3 === 0 ? this.behind.api : this.behind.web;
        const status = statuses[i % statuses.length]!;
        return get({ agent, port, path: `/${'a'.repeat(i % 50)}?status=${status}` });
      }),
    );
    agent.destroy();
  }

  /** How many requests each process has counted. */
  async requestsPerProcess(): Promise<number[]> {
    const infos = await Promise.all(this.sockets.map((socket) => askHAProxy(socket, 'show stat')));
    return infos.map((csv) =>
      csv
        .split('\n')
        .filter((line) => line.includes(',FRONTEND,'))
        .reduce((sum, line) => sum + Number(line.split(',')[7]), 0),
    );
  }

  async stop(): Promise<void> {
    this.behind.origin.close();
    this.behind.origin.closeAllConnections();
    await Promise.all(this.processes.map((process) => process.stop()));
  }
}

function get({ agent, port, path }: { agent: Agent; port: number; path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    request({ agent, host: '127.0.0.1', port, path, headers: { connection: 'close' } }, (response) => {
      response.resume();
      response.on('end', resolve);
    })
      .on('error', reject)
      .end();
  });
}

interface Facts {
  readonly web: number;
  readonly api: number;
  readonly spare: number;
  readonly tcpPort: number;
  readonly socket: string;
  readonly origin: number;
}

function configuration({ web, api, spare, tcpPort, socket, origin }: Facts): string {
  const pool = (name: string) =>
    [1, 2, 3].map((i) => `  server ${name}-${i} 127.0.0.1:${origin} weight ${i * 10}`).join('\n');
  return `
global
  maxconn 500
  stats socket ${socket} mode 600 level user
  stats socket ipv4@127.0.0.1:${tcpPort} level user
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
frontend web
  bind 127.0.0.1:${web}
  default_backend static
frontend api
  bind 127.0.0.1:${api}
  default_backend app
backend static
${pool('static')}
backend app
${pool('app')}
listen spare
  bind 127.0.0.1:${spare}
  server one 127.0.0.1:${origin}
  server two 127.0.0.1:${origin}
`;
}
