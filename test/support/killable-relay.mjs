import { openSync, readFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';

/**
 * A relay that dies at once, by SIGKILL, at the first byte on its standard input: `<port> <lines file> <events file> <manner>`.
 * Appends whole lines as it reads them, before it closes a connection, begins each life with a line `#`, and notes `+` when a
 * connection brings its first byte and `-` when it has read its end. Says its port when it listens.
 * `manner`: `fast`; `slow` rests after each chunk; `pausing` often reads nothing for a while, so that bytes wait in the kernel; `early`
 * closes what it accepts without reading. Notes `!` where it dies with bytes that wait there.
 *
 * It kills itself so that no kill falls between reading and storing: what a relay loses there it had read, and its sender cannot know.
 */
const [port, linesFile, eventsFile, manner] = process.argv.slice(2);
const lines = openSync(linesFile, 'a');
const events = openSync(eventsFile, 'a');
const newline = 10;
const restMs = 1;
const pauseMs = 60;
const sockets = new Set();
writeSync(lines, '\n#\n');

process.stdin.on('data', () => {
  // What Node.js has read of a socket that pauses is stored first.
  for (const socket of sockets) while (socket.read() !== null);
  if (bytesWait()) writeSync(events, '!');
  process.kill(process.pid, 'SIGKILL');
});

/** Whether the kernel holds bytes that were not read of any connection, as Linux tells it. */
function bytesWait() {
  const ours = `:${server.address().port.toString(16).padStart(4, '0').toUpperCase()}`;
  const rows = readFileSync('/proc/net/tcp', 'latin1').trim().split('\n').slice(1);
  return rows
    .map((row) => row.trim().split(/\s+/))
    .some(
      ([, local, , state, queues]) => state !== '0A' && local.endsWith(ours) && !queues.endsWith(':00000000'),
    );
}

const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => undefined);
  if (manner === 'early') {
    socket.end(() => writeSync(events, '-'));
    return;
  }
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  let rest = Buffer.alloc(0);
  socket.once('data', () => writeSync(events, '+'));
  socket.on('data', (bytes) => {
    const all = Buffer.concat([rest, bytes]);
    const end = all.lastIndexOf(newline) + 1;
    for (let at = 0; at < end;) at += writeSync(lines, all, at, end - at);
    rest = Buffer.from(all.subarray(end));
    // Not by pause(): then more is read, and not stored.
    if (manner === 'slow') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, restMs);
    if (manner !== 'pausing' || Math.random() < 0.8) return;
    socket.pause();
    setTimeout(() => socket.resume(), pauseMs);
  });
  socket.on('end', () => {
    writeSync(events, '-');
    socket.end();
  });
});
server.listen(Number(port), '127.0.0.1', () => console.log(server.address().port));
