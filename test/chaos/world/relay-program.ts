/**
 * A receiver of Graphite's plain text, started as a process of its own: `relay-program.ts <port> <file> [forgetful]`.
 * Appends every line to the file, with the time in front of it, and answers the end of a connection with its own only when all
 * of it is stored. SIGUSR1: slow from now on, or no longer. SIGUSR2: dies of SIGKILL in the midst of the next connection, when it
 * has stored what it has read so far (what a relay has read and not stored nobody can promise).
 * `forgetful`: of every tenth connection it stores nothing, and answers its end all the same.
 */
import { openSync, writeSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';

const [, , port, file, plant] = process.argv;
const store = openSync(file!, 'a');
const slowMs = 150;
const forgetEvery = 10;

let slow = false;
let dies = false;
let connections = 0;

process.on('SIGUSR1', () => (slow = !slow));
process.on('SIGUSR2', () => (dies = true));

createServer({ allowHalfOpen: true }, (socket) => {
  connections++;
  serve(socket, plant === 'forgetful' && connections % forgetEvery === 0);
}).listen(Number(port), '127.0.0.1');

function serve(socket: Socket, forgets: boolean): void {
  let rest = '';
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (!forgets) keep(lines);
    if (dies) process.kill(process.pid, 'SIGKILL');
    if (slow) idle(socket);
  });
  socket.on('end', () => socket.end());
  socket.on('error', () => socket.destroy());
}

function keep(lines: readonly string[]): void {
  const now = Date.now();
  if (lines.length > 0) writeSync(store, lines.map((line) => `${now} ${line}\n`).join(''));
}

function idle(socket: Socket): void {
  socket.pause();
  setTimeout(() => socket.resume(), slowMs);
}
