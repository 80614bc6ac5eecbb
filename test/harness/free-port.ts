import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { portsDirectory } from './provision';

const lowest = 15_000;
/** Linux hands out ports from 32768 on to clients: one of those could be taken while its server is down. */
const highest = 32_000;

/** A TCP port on which nobody listens now, and which no client's connection gets by chance; in one run of the tests it is nobody else's. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if ((await isFree(port)) && (await claimed(port))) return port;
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

/** Another worker may have got it for a server that does not listen yet, or is down for a while. */
async function claimed(port: number): Promise<boolean> {
  const directory = portsDirectory();
  if (directory === undefined) return true;
  try {
    await writeFile(join(directory, `port-${port}`), '', { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
