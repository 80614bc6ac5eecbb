import { createServer, type AddressInfo } from 'node:net';
import { relayAnswers } from './relay-answers';

describe('relayAnswers', () => {
  it('tells a port with a listener from one without', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await relayAnswers('127.0.0.1', port, 1000)).toBe(true);
    await new Promise((resolve) => server.close(resolve));
    expect(await relayAnswers('127.0.0.1', port, 1000)).toBe(false);
  });
});
