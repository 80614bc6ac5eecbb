import { createServer } from 'node:net';

const lowest = 15_000;
/** Linux hands out ports from 32768 on to clients: one of those could be taken while its server is down. */
const highest = 32_000;

/** A TCP port on which nobody listens now, and which no client's connection gets by chance. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free TCP port found between ${lowest} and ${highest}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '0.0.0.0', () => probe.close(() => resolve(true)));
  });
}
