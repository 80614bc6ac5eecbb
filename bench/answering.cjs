/** Stands for HAProxy processes: answers whatever is asked on each of its sockets, every time with the next prepared text. */
const { existsSync, readFileSync } = require('node:fs');
const { createServer } = require('node:net');
const { join } = require('node:path');

const [directory, sockets, processes] = process.argv.slice(2);

function textsOf(i) {
  const texts = [];
  for (let poll = 0; existsSync(join(directory, `${i}-${poll}`)); poll++) {
    texts.push(readFileSync(join(directory, `${i}-${poll}`)));
  }
  return texts;
}

let listening = 0;
for (let i = 0; i < Number(processes); i++) {
  const texts = textsOf(i);
  let asked = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(texts[asked++ % texts.length]));
  });
  server.listen(join(sockets, `${i}.sock`), () => {
    if (++listening === Number(processes)) process.send('ready');
  });
}
process.on('disconnect', () => process.exit());
