import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';

/**
 * A relay that dies at once, by SIGKILL, at the first byte on its standard input: `<port> <lines file> <events file> <manner>`.
 * Appends whole lines as it reads them, before it closes a connection, begins each life with a line `#`, and notes `+` when a
 * connection brings its first byte and `-` when it has read its end. Says its port when it listens.
 * `manner`: `fast`; `slow` rests after each chunk; `early` closes what it accepts without reading.
 *
 * It kills itself so that no kill falls between reading and storing: what a relay loses there it had read, and its sender cannot know.
 */
const [port, linesFile, eventsFile, manner] = process.argv.slice(2);
const lines = openSync(linesFile, 'a');
const events = openSync(eventsFile, 'a');
const newline = 10;
const restMs = 1;
writeSync(lines, '\n#\n');

process.stdin.on('data', () => process.kill(process.pid, 'SIGKILL'));

const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => undefined);
  if (manner === 'early') {
    socket.end();
    return;
  }
  let rest = Buffer.alloc(0);
  socket.once('data', () => writeSync(events, '+'));
  socket.on('data', (bytes) => {
    const all = Buffer.concat([rest, bytes]);
    const end = all.lastIndexOf(newline) + 1;
    for (let at = 0; at < end;) at += writeSync(lines, all, at, end - at);
    rest = Buffer.from(all.subarray(end));
    // Not by pause(): then more is read, and not stored.
    if (manner === 'slow') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, restMs);
  });
  socket.on('end', () => {
    writeSync(events, '-');
    socket.end();
  });
});
server.listen(Number(port), '127.0.0.1', () => console.log(server.address().port));
