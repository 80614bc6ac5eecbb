import { loadConfig } from '../../../../test/support/load-config';
import { FakeRelay } from '../../../../test/support/fake-relay';
import { openDestination } from './destination';

describe('where a run sends its lines', () => {
  let up: FakeRelay;
  let down: string;

  beforeEach(async () => {
    up = await FakeRelay.start();
    const gone = await FakeRelay.start();
    await gone.stop();
    down = String(gone.address.port);
  });
  afterEach(() => up.stop());

  const open = (graphite: string) =>
    openDestination(loadConfig(`[graphite]\n${graphite}\n`).settings, { isDemo: false });

  it('is the relays that somebody has written, in their order, whether they answer or not', async () => {
    const { port } = up.address;
    const { relays, name, description, receiver } = await open(
      `server = 127.0.0.1\nport = ${down}\nfailover = 127.0.0.1:${port}`,
    );
    expect(relays).toEqual({ address: { host: '127.0.0.1', port: Number(down) }, failover: [up.address] });
    expect(name).toBe(`the relay on 127.0.0.1:${down}, or else 127.0.0.1:${port}`);
    expect(description).toBe(
      `the relay on 127.0.0.1:${down}, which does not answer yet, or else 127.0.0.1:${port}`,
    );
    expect(receiver).toBeUndefined();
  });

  it('is the relay that somebody has written, also where it is the one by default', async () => {
    const { receiver } = await open('server = 127.0.0.1');
    await receiver?.close();
    expect(receiver).toBeUndefined();
  });

  it('is a receiver of ours for a demo where nobody has written a relay, whoever listens on the default port', async () => {
    const { settings } = loadConfig('');
    const { description, receiver } = await openDestination(settings, { isDemo: true });
    await receiver?.close();
    expect(description).toMatch(/^our own receiver on 127\.0\.0\.1:\d+ \(of this demo\)$/);
  });

  it('is for a demo, too, the relay that somebody has written', async () => {
    const { settings } = loadConfig(`[graphite]\nport = ${up.address.port}\n`);
    expect((await openDestination(settings, { isDemo: true })).relays.address).toEqual(up.address);
  });

  it('is no receiver of ours where only others than the first were written', async () => {
    const { description, receiver } = await open(`failover = 127.0.0.1:${down}, [::1]:${down}`);
    await receiver?.close();
    expect(receiver).toBeUndefined();
    expect(description).toMatch(
      new RegExp(
        `^the relay on 127\\.0\\.0\\.1:3002.*, or else .*:${down}, .*, or else \\[::1\\]:${down}, which`,
      ),
    );
  });
});
