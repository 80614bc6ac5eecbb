/**
 * Made-up traffic: each target of TARGETS (`host=requests a second`, with blanks in between) gets that many requests a second, by the
 * clock. How many were sent to each, and how many of them were answered, it says in one line of JSON at port 9000, and when it ends.
 */
import { Agent, createServer, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';

const port = 8080;
const paths = ['/', '/basket', '/api/orders', '/search?q=haproxy', '/api/stock'];
/** So many requests may wait for one target; what is due beyond that is not sent. */
const mostOpen = 50;
const patienceMs = 20_000;

const agent = new Agent({ keepAlive: true, maxSockets: 4 });
const counts = { sent: {}, answered: {} };
let isStopping = false;

function ask(host, path) {
  return new Promise((resolve) => {
    const whenAnswered = (response) =>
      response
        .on('end', () => counts.answered[host]++)
        .once('close', resolve)
        .resume();
    const asked = request({ agent, host, port, path, timeout: patienceMs }, whenAnswered);
    asked
      .once('timeout', () => asked.destroy())
      .once('error', resolve)
      .end();
  });
}

async function send(host, perSecond) {
  const open = new Set();
  const begun = performance.now();
  for (let due = 0; !isStopping; due++) {
    await pause(Math.max(0, (due * 1_000) / perSecond - (performance.now() - begun)));
    if (isStopping || open.size >= mostOpen) continue;
    const asked = ask(host, paths[counts.sent[host]++ % paths.length]).finally(() => open.delete(asked));
    open.add(asked);
  }
  await Promise.all(open);
}

const told = () => `${JSON.stringify(counts)}\n`;
const targets = process.env.TARGETS.split(' ').map((target) => target.split('='));
for (const [host] of targets) counts.sent[host] = counts.answered[host] = 0;
process.once('SIGTERM', () => (isStopping = true));
const server = createServer((_, response) => response.end(told())).listen(9000);
await Promise.all(targets.map(([host, perSecond]) => send(host, Number(perSecond))));
agent.destroy();
server.close();
process.stdout.write(told());
