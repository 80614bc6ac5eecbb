import { EventEmitter, once } from 'node:events';
import { createConnection } from 'node:net';
import { eventually } from '../../../../test/harness/eventually';
import { FakeRelay } from '../../../../test/support/fake-relay';
import { unacknowledgedBytes } from './kernel-queue';

describe('unacknowledgedBytes', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['127.0.0.1', '::ffff:127.0.0.1'],
  ])('is what a relay on %s, called %s, has no room for, and sinks as it reads', async (host, called) => {
    const relay = await FakeRelay.start(0, host);
    const reading = new EventEmitter();
    relay.behave = (socket) => {
      socket.pause();
      reading.once('begin', () => socket.resume());
    };
    const socket = createConnection({ host: called, port: relay.address.port });
    await once(socket, 'connect');
    expect(await unacknowledgedBytes(socket)).toBe(0);
    const bytes = 1024 * 1024;
    socket.write(Buffer.alloc(bytes));
    await eventually(() => expect(socket.writableLength).toBe(0));
    const held = (await unacknowledgedBytes(socket))!;
    expect(held).toBeGreaterThan(bytes / 4);
    expect(held).toBeLessThan(bytes);
    reading.emit('begin');
    await eventually(() => expect(relay.connections[0]).toHaveLength(bytes));
    expect(await unacknowledgedBytes(socket)).toBe(0);
    socket.destroy();
    expect(await unacknowledgedBytes(socket)).toBeUndefined();
    await relay.stop();
  });

  it('is unknown of a connection that is in no table', async () => {
    const from = { localAddress: '127.0.0.1', localPort: 1 };
    const gone = { ...from, remoteAddress: '127.0.0.1', remotePort: 1, remoteFamily: 'IPv4' };
    expect(await unacknowledgedBytes(gone)).toBeUndefined();
    expect(await unacknowledgedBytes({ ...gone, remoteFamily: 'IPv7' })).toBeUndefined();
  });
});
