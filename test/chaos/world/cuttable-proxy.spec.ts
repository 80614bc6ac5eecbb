import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CuttableProxy } from './cuttable-proxy';

describe('a proxy that can be cut', () => {
  let server: Server;
  let proxy: CuttableProxy;
  let served: Socket[];
  let heard: string;
  let serve: (socket: Socket) => void;
  const clients: Socket[] = [];

  beforeEach(async () => {
    served = [];
    heard = '';
    serve = (socket) => socket.on('end', () => socket.end('bye'));
    server = createServer({ allowHalfOpen: true }, (socket) => {
      served.push(socket);
      socket.on('data', (bytes) => (heard += bytes.toString()));
      socket.on('error', () => undefined);
      serve(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy = await CuttableProxy.start({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  });
  afterEach(async () => {
    for (const socket of [...clients, ...served]) socket.destroy();
    await proxy.close();
    server.close();
  });

  async function client(): Promise<Socket> {
    const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
    clients.push(socket.on('error', () => undefined));
    // A connection that is broken at once may never have been one.
    await once(socket, 'connect').catch(() => undefined);
    return socket;
  }

  /** All that a client hears, and how it ends. */
  async function ending(socket: Socket): Promise<string> {
    let text = '';
    socket.on('data', (bytes) => (text += bytes.toString()));
    const how = await new Promise((resolve) => {
      socket.on('end', () => resolve('end'));
      socket.on('close', () => resolve('break'));
    });
    return `${text} ${String(how)}`;
  }

  it('leads bytes and ends to the server and back', async () => {
    const socket = await client();
    socket.end('hello');
    expect(await ending(socket)).toBe('bye end');
    expect(heard).toBe('hello');
  });

  it('holds everything up in a black hole, also the end, and lets it go on afterwards', async () => {
    const before = await client();
    proxy.blackHole();
    const during = await client();
    before.end('one');
    during.end('two');
    await sleep(100);
    expect(heard).toBe('');
    proxy.heal();
    expect(await Promise.all([ending(before), ending(during)])).toEqual(['bye end', 'bye end']);
    expect(['onetwo', 'twoone']).toContain(heard);
  });

  it('breaks connections, old and new, until it is healed', async () => {
    const before = await client();
    before.write('x');
    await sleep(20);
    proxy.reset();
    expect(await ending(before)).toBe(' break');
    expect(await ending(await client())).toBe(' break');
    proxy.heal();
    const after = await client();
    after.end('y');
    expect(await ending(after)).toBe('bye end');
  });

  it('makes a break of an end that comes before the client has ended: that is no answer', async () => {
    serve = (socket) => socket.once('data', () => socket.end());
    const socket = await client();
    socket.write('more to come');
    expect(await ending(socket)).toBe(' break');
  });

  it('makes a break of a break', async () => {
    serve = (socket) => socket.once('data', () => socket.resetAndDestroy());
    const socket = await client();
    socket.end('hello');
    expect(await ending(socket)).toBe(' break');
  });
});
