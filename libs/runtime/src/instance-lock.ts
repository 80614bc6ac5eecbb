import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';

/** Held until `close`, or until the process dies in whatever way. */
export interface InstanceLock {
  readonly name: string;
  close(): Promise<void>;
}

/** Somebody else holds the lock. `holder` is its process id as it sees itself, where it could be asked. */
export class InstanceLockError extends Error {
  override readonly name = 'InstanceLockError';

  constructor(
    lock: string,
    readonly holder: number | undefined,
  ) {
    super(`${whoIs(holder)} is already ${lock}: stop it first`);
  }
}

/**
 * Makes this process the only one that is `name` ("the writer of /var/spool/haproxystats") on this machine, or rejects
 * with InstanceLockError. An abstract UNIX socket: no file stays behind. It reaches as far as the network namespace:
 * containers that share a directory but no network do not see each other's locks. Linux only.
 */
export async function acquireInstanceLock(name: string): Promise<InstanceLock> {
  const path = socketPath(name);
  try {
    const server = (await listen(path)) ?? (await listenAfterAsking(name, path));
    server.unref();
    return { name, close: () => close(server) };
  } catch (cause) {
    if (cause instanceof InstanceLockError) throw cause;
    throw new Error(`cannot make sure to be alone as ${name}: it takes an abstract UNIX socket of Linux`, {
      cause,
    });
  }
}

/** A hash: an address has room for 107 bytes, a path may be longer. */
function socketPath(name: string): string {
  return `\0haproxystats/${createHash('sha256').update(name).digest('hex').slice(0, 40)}`;
}

/** Nobody answers where a holder has just died: then the address is free, and this asks for it once more. */
async function listenAfterAsking(name: string, path: string): Promise<Server> {
  const holder = await askHolder(path);
  const server = holder === 'gone' ? await listen(path) : undefined;
  if (server) return server;
  throw new InstanceLockError(name, typeof holder === 'number' ? holder : undefined);
}

/** `undefined` where the address is taken. */
async function listen(path: string): Promise<Server | undefined> {
  const server = createServer((socket) => {
    // Who asked may be gone already: that is its loss, and no fault of the holder.
    socket.on('error', () => socket.destroy());
    socket.end(`${process.pid}\n`, () => socket.destroy());
  });
  server.maxConnections = 8;
  server.listen({ path, exclusive: true });
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

const answerWithinMs = 500;

function askHolder(path: string): Promise<number | 'gone' | 'silent'> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const answer = (holder: number | 'gone' | 'silent'): void => {
      socket.destroy();
      resolve(holder);
    };
    socket.setTimeout(answerWithinMs, () => answer('silent'));
    socket.on('error', ({ code }: NodeJS.ErrnoException) =>
      answer(code === 'ECONNREFUSED' ? 'gone' : 'silent'),
    );
    socket.on('end', () => answer('silent'));
    socket.once('data', (data) => answer(Number.parseInt(data.toString('latin1', 0, 16), 10) || 'silent'));
  });
}

function whoIs(holder: number | undefined): string {
  if (holder === undefined) return 'another process';
  return holder === process.pid ? `this process (${holder})` : `another process (${holder})`;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}
