import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { systemClock } from '@haproxystats/runtime';
import { sendInOrder } from './graphite-connection';

const timeouts = { connectMs: 500, writeMs: 200, closeMs: 400, settleMs: 10 };
let server: Server;
const sockets = new Set<Socket>();

async function relay(onConnection: (socket: Socket) => void): Promise<{ host: string; port: number }> {
  server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

function send(
  address: { host: string; port: number },
  batch: Buffer[],
  signal = new AbortController().signal,
): Promise<void> {
  return sendInOrder(address, batch, { timeouts, clock: systemClock, signal });
}

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  server.close();
  await once(server, 'close');
});

describe('sendInOrder', () => {
  it('resolves once the relay has read everything and closed its side', async () => {
    const read: Buffer[] = [];
    let ended = false;
    const address = await relay((socket) => {
      socket.on('data', (bytes) => read.push(bytes));
      socket.on('end', () => setTimeout(() => ((ended = true), socket.end()), 50));
    });
    await send(address, [Buffer.from('a 1 1\n'), Buffer.alloc(1_000_000, 'b')]);
    expect(ended).toBe(true);
    expect(Buffer.concat(read).length).toBe(1_000_006);
  });

  it.each<[string, { behave: (socket: Socket) => void; message: string; mebibytes?: number }]>([
    [
      'closes before it has read',
      { behave: (socket) => socket.end(), message: 'ended the connection early' },
    ],
    ['resets', { behave: (socket) => socket.resetAndDestroy(), message: 'graphite 127.0.0.1' }],
    [
      'never closes its side',
      { behave: (socket) => socket.resume(), message: 'did not close within 400 ms' },
    ],
    [
      'takes nothing',
      {
        behave: (socket) => socket.pause(),
        message: 'did not take bytes within 200 ms',
        mebibytes: 64,
      },
    ],
  ])('rejects when the relay %s', async (_, { behave, message, mebibytes = 1 }) => {
    const address = await relay(behave);
    await expect(send(address, [Buffer.alloc(mebibytes * 1024 * 1024, 'x')])).rejects.toThrow(message);
  });

  it('rejects when nobody listens', async () => {
    const address = await relay(() => undefined);
    server.close();
    await once(server, 'close');
    await expect(send(address, [Buffer.from('a 1 1\n')])).rejects.toThrow('ECONNREFUSED');
    await relay(() => undefined);
  });

  it('rejects when it is told to stop', async () => {
    const address = await relay((socket) => socket.resume());
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    await expect(send(address, [Buffer.from('a 1 1\n')], stop.signal)).rejects.toThrow('stopped');
  });
});
