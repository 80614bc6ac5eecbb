import { request, type Agent } from 'node:http';
import { connect } from 'node:net';

/** How long a visit may take before it is given up, ms. */
const patienceMs = 5000;

export interface HttpVisit {
  readonly port: number;
  readonly method: string;
  readonly url: string;
  /** An agent keeps the connection; without one it is closed. */
  readonly agent?: Agent;
  /** The visitor leaves after so long, whatever has come. */
  readonly leaveAfterMs?: number;
}

/** Asks and reads the answer to its end. Rejects when there is none. */
export function httpVisit({ port, method, url, agent, leaveAfterMs }: HttpVisit): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'www.example.org', 'accept-encoding': 'gzip' };
    const visit = request({ host: '127.0.0.1', port, method, path: url, agent: agent ?? false, headers });
    visit.setTimeout(leaveAfterMs ?? patienceMs, () => visit.destroy(new Error('the visitor left')));
    visit.on('error', reject);
    visit.on('response', (response) => response.resume().on('end', resolve).on('error', reject));
    visit.end(method === 'POST' ? 'article=4711&number=2' : undefined);
  });
}

/** Sends `text` over a connection of its own and reads until the other side closes, or has sent it all back. */
export function tcpVisit(port: number, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = 0;
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setTimeout(patienceMs, () => socket.destroy(new Error('no answer')));
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received >= text.length) socket.end();
    });
    socket.on('error', reject);
    socket.on('close', (failed) => {
      if (!failed) resolve();
    });
  });
}
