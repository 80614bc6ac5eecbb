import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import Redis from 'ioredis';
import { silentLogger } from '@haproxystats/runtime';
import { RedisCoordinator } from '../../apps/processor/src/coordinator/redis.coordinator';
import { LedgerRefusal } from '../../apps/processor/src/coordinator/redis-refusal';
import { describeWith, eventually, type RedisServer } from '../harness';

const slot = 1_700_000_000_000;
const question = {
  entity: 'eu/lb1',
  slot,
  sources: ['p'],
  held: ['a'],
  now: slot,
  leaseMs: 35_000,
  force: false,
};

describeWith(['redis'], 'a fail-over pair of Redis behind one address', (servers) => {
  let first: RedisServer;
  let second: RedisServer;
  let address: Server;
  let target: RedisServer;
  const connections = new Set<Socket>();
  let ledger: RedisCoordinator;

  beforeAll(async () => {
    [first, second] = await Promise.all([servers.redis(), servers.redis()]);
    target = first;
    address = createServer((client) => {
      const { hostname, port } = new URL(target.url);
      const server = connect(Number(port), hostname);
      client.pipe(server).pipe(client);
      for (const socket of [client, server]) {
        connections.add(socket);
        socket.on('error', () => undefined);
      }
    });
    address.listen(0, '127.0.0.1');
    await once(address, 'listening');
  });
  beforeEach(async () => {
    const url = `redis://127.0.0.1:${(address.address() as AddressInfo).port}`;
    const settings = { url, commandTimeoutMs: 2_000, keyPrefix: 'hs', group: 'g' };
    ledger = new RedisCoordinator(settings, silentLogger);
    await eventually(() => ledger.decide(question));
  });
  afterEach(() => ledger.close());
  afterAll(() => {
    for (const socket of connections) socket.destroy();
    address.close();
  });

  it('is asked on when the script is gone, and when a key holds something else says what to do', async () => {
    const client = new Redis(first.url);
    await client.script('FLUSH');
    expect(await ledger.decide(question)).toBe('EMIT');
    await client.set('hs:g:{eu/lb2}:live', 'not ours');
    const asked = ledger.decide({ ...question, entity: 'eu/lb2' });
    await expect(asked).rejects.toThrow(LedgerRefusal);
    await expect(asked).rejects.toThrow(/keys of the ledger hold something else: who writes hs:\* beside it/);
    client.disconnect();
  });

  it('is found again when the first has become a replica and its connections stay', async () => {
    const client = new Redis(first.url);
    const { hostname, port } = new URL(second.url);
    await client.replicaof(hostname, Number(port));
    client.disconnect();
    target = second;
    await expect(ledger.decide(question)).rejects.toThrow('READONLY');
    await eventually(() => ledger.decide(question), { withinMs: 3_000 });
  });

  it('is found again when the first has gone without a word', async () => {
    for (const socket of connections) socket.pause();
    await expect(ledger.decide(question)).rejects.toThrow('timed out');
    await eventually(() => ledger.decide(question), { withinMs: 20_000 });
  });
});
