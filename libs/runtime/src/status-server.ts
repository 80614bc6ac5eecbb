import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface StatusServerOptions {
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
  readonly registry: Registry;
  /** What keeps the program from doing its work now, one sentence each; none: it is ready. */
  readonly notReady: () => readonly string[];
}

export interface StatusServer {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly type?: string;
}

/**
 * `/healthz` (the process answers), `/readyz` (200 when it does its work, 503 with the reasons when not) and
 * `/metrics` (Prometheus' text format). Rejects when the port is taken.
 */
export async function startStatusServer(options: StatusServerOptions): Promise<StatusServer> {
  const { address, port } = options;
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    void answerTo(path, options).then(({ status, text, type = 'text/plain; charset=utf-8' }) =>
      response.writeHead(status, { 'content-type': type }).end(text),
    );
  });
  // A probe answers in milliseconds; whoever keeps a connection longer has forgotten it.
  server.requestTimeout = 5_000;
  server.maxConnections = 100;
  server.listen(port, address);
  await once(server, 'listening').catch((cause: unknown) => {
    throw new Error(
      `cannot serve health and metrics on ${address}:${port} (${String(cause)}): choose another 'status-port' or 'status-address'`,
      { cause },
    );
  });
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) };
}

async function answerTo(path: string, { registry, notReady }: StatusServerOptions): Promise<Answer> {
  switch (path) {
    case '/healthz':
      return { status: 200, text: 'ok\n' };
    case '/readyz':
      return readiness(notReady());
    case '/metrics':
      return await metricsOf(registry);
    default:
      return { status: 404, text: '/healthz, /readyz and /metrics are here\n' };
  }
}

function readiness(reasons: readonly string[]): Answer {
  if (reasons.length === 0) return { status: 200, text: 'ready\n' };
  return { status: 503, text: `${reasons.join('\n')}\n` };
}

async function metricsOf(registry: Registry): Promise<Answer> {
  try {
    return { status: 200, text: await registry.metrics(), type: registry.contentType };
  } catch (error) {
    return { status: 500, text: `${String(error)}\n` };
  }
}

async function closed(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
