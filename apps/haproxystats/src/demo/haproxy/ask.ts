import { connect } from 'node:net';

/** What the process behind a stats socket answers to a command. Rejects when it gives no whole answer in time. */
export function ask(socketPath: string, command: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(socketPath, () => socket.end(`${command}\n`));
    socket.setEncoding('utf8');
    socket.setTimeout(timeoutMs, () =>
      socket.destroy(new Error(`${socketPath}: no answer within ${timeoutMs} ms`)),
    );
    socket.on('data', (chunk: string) => (answer += chunk));
    socket.on('error', reject);
    socket.on('end', () => resolve(answer));
  });
}
