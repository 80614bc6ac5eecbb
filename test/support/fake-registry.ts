import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

interface Version {
  readonly subject: string;
  readonly id: number;
  readonly schema: string;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A schema registry within the test: Confluent's API as far as it is used, without a judgement on compatibility. */
export class FakeRegistry {
  readonly versions: Version[] = [];
  readonly compatibility = new Map<string, string>();
  /** Method and path of each request. */
  readonly requests: string[] = [];
  /** In place of the answer. */
  instead: Answer | undefined;
  readonly #server: Server;

  /** With a certificate and its key, as PEM, it speaks TLS. */
  constructor(private readonly tls?: { readonly cert: string; readonly key: string }) {
    const serve = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#serve(request, response);
    this.#server = tls ? createTlsServer(tls, serve) : createServer(serve);
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http${this.tls ? 's' : ''}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** As if somebody had registered it; the same schema has the same id everywhere. */
  put(subject: string, schema: object): number {
    const text = JSON.stringify(schema);
    const id = this.versions.find((version) => version.schema === text)?.id ?? this.versions.length + 1;
    this.versions.push({ subject, id, schema: text });
    return id;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(`${request.method} ${request.url}`);
    if (this.instead) {
      this.instead(request, response);
      return;
    }
    const body = request.method === 'GET' ? {} : ((await json(request)) as Record<string, string>);
    const answer = this.#answer(request, body);
    reply(response, answer ? 200 : 404, answer ?? { error_code: 40401, message: 'not found' });
  }

  #answer({ method, url = '' }: IncomingMessage, body: Record<string, string>): object | undefined {
    const [, kind, subject = '', versions] = url.split('/').map(decodeURIComponent);
    if (kind === 'schemas') return this.versions.find(({ id }) => id === Number(versions));
    if (kind === 'config' && method === 'PUT') this.compatibility.set(subject, body['compatibility']!);
    const level = this.compatibility.get(subject);
    if (kind === 'config') return level === undefined ? undefined : { compatibilityLevel: level };
    if (kind === 'compatibility') return { is_compatible: true };
    if (versions === 'versions') return { id: this.put(subject, JSON.parse(body['schema']!) as object) };
    return this.versions.find((known) => known.subject === subject && known.schema === body['schema']);
  }
}

export function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
  response.end(JSON.stringify(body));
}
