import dns from 'node:dns';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type ServerAddress } from '@haproxystats/runtime';
import { waitedMs } from '../../../test/support/own-time';
import { Allowance, ReplyBuffer } from './reply-buffer';
import { askStats, type AskOptions, type Owed } from './stats-socket';

describe('askStats', () => {
  let directory: string;
  let servers: Server[];
  let peers: Socket[];
  let stop: AbortController;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'stats-socket-'));
    servers = [];
    peers = [];
    stop = new AbortController();
  });

  afterEach(async () => {
    for (const peer of peers) peer.destroy();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    await rm(directory, { recursive: true });
  });

  /** A peer that does `behaviour` with each connection. */
  async function peer(behaviour: (socket: Socket) => void, options: object = {}): Promise<ServerAddress> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      peers.push(socket);
      socket.on('error', () => socket.destroy());
      behaviour(socket);
    });
    servers.push(server);
    server.listen({ path: join(directory, `${servers.length}.sock`), ...options });
    await once(server, 'listening');
    const address = server.address() as AddressInfo | string;
    if (typeof address === 'string') return { kind: 'unix', path: address };
    return { kind: 'tcp', host: address.address, port: address.port };
  }

  const overTcp = (host: string) => ({ path: undefined, host, port: 0 });

  /** Collects the whole request, which ends with the client's half-close, and answers. */
  const answering = (answer: (request: string, socket: Socket) => void) => (socket: Socket) => {
    let request = '';
    socket.on('data', (data) => (request += data.toString()));
    socket.on('end', () => answer(request, socket));
  };

  /** The deadline, when the peer has been asked; what has come by then has been read. */
  const timeIsUpSoon = () => setTimeout(() => setImmediate(() => stop.abort()), 50);

  function ask(address: ServerAddress, options: Partial<AskOptions> = {}) {
    return askStats(address, {
      clock: systemClock,
      connectTimeoutMs: 10_000,
      connectRetries: 0,
      connectIntervalMs: 10,
      reply: new ReplyBuffer(1e8),
      allowance: new Allowance(1e9),
      signal: stop.signal,
      ...options,
    });
  }

  const noPort = async (): Promise<ServerAddress> => {
    const address = await peer(() => undefined, overTcp('127.0.0.1'));
    const server = servers.pop()!;
    await new Promise((resolve) => server.close(resolve));
    return address;
  };

  it.each([
    ['a UNIX socket', {}],
    ['IPv4', overTcp('127.0.0.1')],
    ['IPv6', overTcp('::1')],
  ])('asks both questions at once over %s, half-closes and reads to the end', async (_, options) => {
    const address = await peer(
      answering((request, socket) => socket.end(`you said ${request}`)),
      options,
    );
    expect(await ask(address)).toEqual({
      connected: true,
      bytes: Buffer.from('you said show info;show stat\n'),
    });
  });

  it('reads a large answer exactly, into fresh memory or over the last one', async () => {
    const large = Buffer.alloc(30e6, 'srv,UP,0123456789\n');
    const address = await peer(answering((_, socket) => socket.end(large)));
    const reply = new ReplyBuffer(1e8);
    for (let times = 0; times < 3; times++) {
      const answer = await ask(address, { reply });
      if (!('bytes' in answer)) throw new Error(answer.detail);
      expect(answer.bytes.equals(large)).toBe(true);
    }
  });

  it('reads an answer that comes in drops', async () => {
    const address = await peer(
      answering((_, socket) => {
        const drops = 'Name: HAProxy'.split(/(?<=..)/);
        const timer = setInterval(() => {
          const drop = drops.shift();
          if (drop) socket.write(drop);
          else {
            clearInterval(timer);
            socket.end();
          }
        }, 2);
      }),
    );
    expect(await ask(address)).toMatchObject({ bytes: Buffer.from('Name: HAProxy') });
  });

  it('gives what arrived before an early close: the reader of the bytes sees that it is not whole', async () => {
    const address = await peer(answering((_, socket) => socket.end('Name: HAPr')));
    expect(await ask(address)).toMatchObject({ bytes: Buffer.from('Name: HAPr') });
  });

  it('names a socket that is absent, and one where nobody listens', async () => {
    const file = join(directory, 'left-behind');
    await writeFile(file, '');
    const absent = await ask({ kind: 'unix', path: join(directory, 'no.sock') });
    expect(absent).toMatchObject({ reason: 'absent' });
    expect(absent).toHaveProperty('detail', expect.stringContaining('no.sock'));
    expect(await ask({ kind: 'unix', path: file })).toMatchObject({ reason: 'refused' });
    expect(await ask(await noPort())).toMatchObject({ reason: 'refused' });
  });

  it('names a missing permission, unless the user may do everything', async () => {
    const address = await peer(answering((_, socket) => socket.end('open')));
    if (address.kind !== 'unix') throw new Error('expected a UNIX socket');
    await chmod(address.path, 0);
    const expected = process.getuid?.() === 0 ? { bytes: Buffer.from('open') } : { reason: 'denied' };
    expect(await ask(address)).toMatchObject(expected);
  });

  it('names a path that no socket can have and a host that does not exist', async () => {
    expect(await ask({ kind: 'unix', path: join(directory, 'x'.repeat(200)) })).toHaveProperty('reason');
    const nowhere: ServerAddress = { kind: 'tcp', host: 'nowhere.invalid', port: 1 };
    const fault = Object.assign(new Error('getaddrinfo ENOTFOUND nowhere.invalid'), { code: 'ENOTFOUND' });
    const lookup = (_: string, __: object, answer: (error: Error) => void): void => answer(fault);
    const asked = jest.spyOn(dns, 'lookup').mockImplementation(lookup as unknown as typeof dns.lookup);
    expect(await ask(nowhere, { connectTimeoutMs: 3000 })).toMatchObject({ reason: 'unreachable' });
    expect(asked).toHaveBeenCalled();
    asked.mockRestore();
  });

  it('names a connection that was cut', async () => {
    const address = await peer((socket) => {
      socket.write('Name: HAProxy\n', () => setTimeout(() => socket.resetAndDestroy(), 20));
    }, overTcp('127.0.0.1'));
    expect(await ask(address)).toMatchObject({ reason: 'reset' });
  });

  it('stops reading at once when the answer is too large', async () => {
    let sent = 0;
    const address = await peer((socket) => {
      const chunk = Buffer.alloc(65_536, 'x');
      const more = () => {
        while (socket.writable && sent < 1e9) {
          sent += chunk.length;
          if (!socket.write(chunk)) break;
        }
      };
      socket.on('drain', more);
      more();
    });
    const answer = await ask(address, { reply: new ReplyBuffer(200_000) });
    expect(answer).toMatchObject({ reason: 'too-large' });
    expect(answer).toHaveProperty('detail', expect.stringContaining('200000'));
    expect(sent).toBeLessThan(10e6);
  });

  it('counts what all replies of a poll take together', async () => {
    const address = await peer(answering((_, socket) => socket.end('x'.repeat(800))));
    const allowance = new Allowance(1000);
    expect(await ask(address, { allowance })).toHaveProperty('bytes');
    expect(await ask(address, { allowance })).toMatchObject({ reason: 'too-large' });
  });

  it.each([
    ['never answers', 0],
    ['answers half', 5],
  ])('gives up at the deadline on a peer that %s', async (_, bytes) => {
    const address = await peer(
      answering((_request, socket) => {
        socket.write('x'.repeat(bytes));
        timeIsUpSoon();
      }),
    );
    const asked = ask(address);
    expect(await waitedMs(asked)).toBeLessThan(1_000);
    expect(await asked).toMatchObject({
      reason: 'timeout',
      detail: `no end of the answer after ${bytes} bytes`,
    });
    const noticed = once(peers[0]!, 'close');
    peers[0]!.write('anybody there?');
    await expect(noticed).rejects.toThrow('EPIPE');
  });

  describe('of a master', () => {
    const command = '@!7 show info;@!7 show stat';
    /** Answers each line, and closes only when it is told to; as HAProxy does. */
    const masterCli = (answer: string) => (socket: Socket) => {
      let request = '';
      socket.on('data', (data) => {
        request += data.toString();
        if (!request.endsWith('\n')) return;
        socket.write(answer.replace('REQUEST', request.trimEnd()));
        if (request.endsWith(';quit\n') && !answer.includes("Can't")) socket.end();
      });
      socket.on('end', () => socket.resetAndDestroy()); // as if nobody listened any more
    };

    it('keeps its end open until the answer is there, and tells it to quit', async () => {
      const address = await peer(masterCli('you said REQUEST'));
      expect(await ask(address, { command, isMaster: true })).toMatchObject({
        bytes: Buffer.from(`you said ${command};quit`),
      });
    });

    it('knows that no such worker is there, where the master forgets to close', async () => {
      const refusal = "Name: HAProxy\n\nCan't find the target PID matching the prefix '@!7'\n";
      const address = await peer(masterCli(refusal));
      expect(await ask(address, { command, isMaster: true })).toMatchObject({ bytes: Buffer.from(refusal) });
    });

    it('hands over a connection that has no answer at the deadline, until the answer comes', async () => {
      const address = await peer((socket) => socket.once('data', timeIsUpSoon));
      const owed: Owed[] = [];
      const answer = await ask(address, { command, isMaster: true, onOverdue: (one) => owed.push(one) });
      expect(answer).toMatchObject({ reason: 'timeout', detail: 'no end of the answer after 0 bytes' });
      expect(owed).toHaveLength(1);
      peers[0]!.end('late');
      await owed[0]!.closed;
    });

    it('closes it when it is given up', async () => {
      const address = await peer((socket) => socket.once('data', timeIsUpSoon).resume());
      const owed: Owed[] = [];
      await ask(address, { command, isMaster: true, onOverdue: (one) => owed.push(one) });
      const noticed = once(peers[0]!, 'end');
      owed[0]!.giveUp();
      await Promise.all([owed[0]!.closed, noticed]);
    });

    it('hands over none that it could not make', async () => {
      const owed: Owed[] = [];
      setTimeout(() => stop.abort(), 50);
      await ask(
        { kind: 'unix', path: join(directory, 'no.sock') },
        { isMaster: true, connectRetries: -1, onOverdue: (one) => owed.push(one) },
      );
      expect(owed).toEqual([]);
    });
  });

  it('asks nobody after the deadline', async () => {
    let asked = 0;
    const address = await peer(() => asked++);
    stop.abort();
    expect(await ask(address)).toMatchObject({ reason: 'timeout' });
    expect(asked).toBe(0);
  });

  it('tries again as often as told while it cannot connect, and then says why', async () => {
    const pauses: number[] = [];
    const clock = { ...systemClock, sleep: (ms: number) => Promise.resolve(void pauses.push(ms)) };
    const path = join(directory, 'no.sock');
    expect(
      await ask({ kind: 'unix', path }, { clock, connectRetries: 3, connectIntervalMs: 100 }),
    ).toMatchObject({
      reason: 'absent',
    });
    expect(pauses).toHaveLength(3);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(50);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(400);
  });

  it('finds a socket that comes while it tries', async () => {
    const path = join(directory, 'late.sock');
    const answer = ask({ kind: 'unix', path }, { connectRetries: -1 });
    await systemClock.sleep(50);
    await peer(
      answering((_, socket) => socket.end('here')),
      { path },
    );
    expect(await answer).toMatchObject({ bytes: Buffer.from('here') });
  });

  it('keeps the reason it knew when the deadline ends its attempts', async () => {
    const clock = {
      ...systemClock,
      sleep: () => {
        stop.abort();
        return Promise.resolve();
      },
    };
    const path = join(directory, 'no.sock');
    const options = { clock, connectRetries: -1 };
    expect(await ask({ kind: 'unix', path }, options)).toMatchObject({ reason: 'absent' });
  });

  it('does not try again after it was connected', async () => {
    let connections = 0;
    const address = await peer((socket) => {
      connections++;
      socket.on('data', () => socket.resetAndDestroy());
    }, overTcp('127.0.0.1'));
    expect(await ask(address, { connectRetries: 5 })).toMatchObject({ reason: 'reset' });
    expect(connections).toBe(1);
  });

  it('leaves no listener on the signal of the poll, nor a warning, however many it asks', async () => {
    const warnings: Error[] = [];
    const heard = (warning: Error) => warnings.push(warning);
    process.on('warning', heard);
    const address = await peer(answering((_, socket) => socket.end('fine')));
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(address)));
    await new Promise(setImmediate);
    process.off('warning', heard);
    expect(answers.filter((answer) => 'bytes' in answer)).toHaveLength(100);
    expect(warnings).toEqual([]);
  });
});
