/** A relay that takes everything and closes at once: a process of its own, so that its work is not counted. */
const { createServer } = require('node:net');

const server = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.resume();
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
// Goes with the benchmark, however that ends.
process.stdin.on('end', () => process.exit()).resume();
