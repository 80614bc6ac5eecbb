import { randomUUID } from 'node:crypto';
import Redis from 'ioredis';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { OwnTime } from '../support/own-time';
import { describeCoordinator } from '../../apps/processor/src/coordinator/coordinator.contract';
import { FallbackCoordinator } from '../../apps/processor/src/coordinator/fallback.coordinator';
import { MemoryCoordinator } from '../../apps/processor/src/coordinator/memory.coordinator';
import { RedisCoordinator } from '../../apps/processor/src/coordinator/redis.coordinator';
import { describeWith, eventually, type RedisServer } from '../harness';

describeWith(['redis'], 'Redis', (servers) => {
  let server: RedisServer;
  let client: Redis;

  beforeAll(async () => {
    server = await servers.redis();
    client = new Redis(server.url);
    client.on('error', () => undefined);
  });
  afterAll(() => client.disconnect());

  const slot = 1_700_000_000_000;
  const question = {
    entity: 'eu/lb1',
    slot,
    sources: ['p'],
    held: ['a', 'b'],
    now: slot,
    leaseMs: 35_000,
    force: false,
  };

  async function connected(group: string = randomUUID()): Promise<RedisCoordinator> {
    const ledger = new RedisCoordinator(
      { url: server.url, commandTimeoutMs: 10_000, keyPrefix: 'hs', group },
      silentLogger,
    );
    await eventually(() => ledger.decide({ ...question, entity: 'warm/up' }));
    return ledger;
  }

  describeCoordinator('RedisCoordinator', () => connected());

  it('keeps groups apart, and every key bounded in time', async () => {
    const [one, two] = [await connected('group-one'), await connected('group-two')];
    await one.decide(question);
    await one.done(question, question.held);
    expect([await one.decide(question), await two.decide(question)]).toEqual(['DUP', 'EMIT']);
    const keys = await client.keys('hs:group-*');
    expect(keys).toContain(`hs:group-one:{eu/lb1}:${slot}`);
    for (const key of keys) {
      const ttl = await client.pttl(key);
      expect([key, ttl > 0 && ttl <= 60 * 60_000]).toEqual([key, true]);
    }
    await Promise.all([one.close(), two.close()]);
  });

  it('may lose everything: a snapshot is let out again', async () => {
    const ledger = await connected();
    await ledger.done(question, question.held);
    await client.flushall();
    expect(await ledger.decide(question)).toBe('EMIT');
    await ledger.close();
  });

  it.each(['pause', 'kill'] as const)(
    'after a %s is answered for by the ledger in memory within its time limit, and asked again when it is back',
    async (fault) => {
      const told: boolean[] = [];
      const redis = new RedisCoordinator(
        { url: server.url, commandTimeoutMs: 300, keyPrefix: 'hs', group: fault },
        silentLogger,
      );
      const ledger = new FallbackCoordinator(redis, new MemoryCoordinator(systemClock), {
        clock: systemClock,
        logger: silentLogger,
        onDegraded: (degraded) => told.push(degraded),
      });
      await eventually(async () => {
        await ledger.decide(question);
        expect(told.at(-1) ?? false).toBe(false);
      });
      told.length = 0;
      await server[fault]();
      const time = new OwnTime();
      expect(await ledger.decide(question)).toBe('EMIT');
      await ledger.done(question, question.held);
      expect(await ledger.decide(question)).toBe('DUP');
      time.stop();
      expect(time.now()).toBeLessThan(3_000);
      expect(told).toEqual([true]);
      await (fault === 'pause' ? server.resume() : server.start());
      await eventually(async () => {
        await ledger.decide(question);
        expect(told).toEqual([true, false]);
      });
      await ledger.close();
    },
  );
});
