import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import { startReceiver, type Receiver, type ReceiverOptions } from './receiver';

describe('the receiver', () => {
  let receiver: Receiver;

  const start = async (options: ReceiverOptions = {}): Promise<void> => {
    receiver = await startReceiver(options);
  };

  const sender = async (): Promise<Socket> => {
    const socket = connect({ port: receiver.port, host: receiver.host, allowHalfOpen: true });
    await once(socket, 'connect');
    return socket.resume();
  };

  /** Sends, half-closes, and waits for the receiver's own end. */
  const send = async (...pieces: (string | Buffer)[]): Promise<void> => {
    const socket = await sender();
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const ended = once(socket, 'end');
    socket.end();
    await ended;
  };

  afterEach(() => receiver.close());

  it('counts lines, keeps the last of each path, and closes when the sender has', async () => {
    await start();
    await send('a.b 1 1700000000\na.c 2.5 1700000000\n', 'a.b 3 1700000010\nz 4 1700000010\n');
    expect(receiver.lines).toBe(4);
    expect(receiver.paths).toBe(3);
    expect(receiver.linesOf('a.', 10)).toEqual(['a.b 3 1700000010', 'a.c 2.5 1700000000']);
    expect(receiver.linesOf('', 2)).toHaveLength(2);
    expect(receiver.linesOf('no', 10)).toEqual([]);
  });

  it('puts lines together that come in pieces', async () => {
    await start();
    const bytes = Buffer.from('caf\u00e9 1 1700000000\nb 2 1700000000\n');
    await send(bytes.subarray(0, 4), bytes.subarray(4, 9), bytes.subarray(9));
    expect(receiver.linesOf('', 10)).toEqual(['b 2 1700000000', 'caf\u00e9 1 1700000000']);
  });

  it('counts apart what is no line', async () => {
    await start();
    await send('a 1\n\na  1 1700000000\na 1 17.5\na 1 1700000000\na 1 1700');
    expect(receiver.lines).toBe(1);
    expect(receiver.malformed).toBe(5);
  });

  it('remembers a bounded number of paths and counts the rest', async () => {
    await start({ maxPaths: 2 });
    await send('a 1 1\nb 1 1\nc 1 1\na 2 2\n');
    expect(receiver.linesOf('', 10)).toEqual(['a 2 2', 'b 1 1']);
    expect(receiver.lines).toBe(4);
    expect(receiver.forgotten).toBe(1);
  });

  it('cuts off a sender without line feeds', async () => {
    await start();
    const socket = await sender();
    const closed = new Promise((resolve) => socket.once('error', resolve).once('close', resolve));
    socket.write('x'.repeat(1_000_000));
    await closed;
    expect(receiver.malformed).toBe(1);
  });

  it('passes every byte on, as fast as they are taken', async () => {
    const taken: Buffer[] = [];
    let most = 0;
    const raw: Writable = new Writable({
      highWaterMark: 1000,
      write: (chunk: Buffer, _encoding, done) => {
        most = Math.max(most, raw.writableLength);
        taken.push(chunk);
        setImmediate(done);
      },
    });
    await start({ raw });
    const lines = Array.from({ length: 20_000 }, (_, index) => `path.${index} ${index} 1700000000\n`).join(
      '',
    );
    await send(lines, 'no line');
    expect(Buffer.concat(taken).toString()).toBe(`${lines}no line`);
    expect(most).toBeLessThan(200_000);
    expect(receiver.paths).toBe(20_000);
  });

  it('cuts senders off when it closes', async () => {
    await start();
    const socket = await sender();
    const closed = once(socket, 'close');
    await receiver.close();
    socket.end();
    await closed;
  });

  it('rejects a port that is taken', async () => {
    await start();
    await expect(startReceiver({ port: receiver.port })).rejects.toThrow('EADDRINUSE');
  });
});
