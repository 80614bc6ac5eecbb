import Redis from 'ioredis';
import { silentLogger } from '@haproxystats/runtime';
import type { Coordinator, Question } from '../../apps/processor/src/coordinator/coordinator';
import { MemoryCoordinator } from '../../apps/processor/src/coordinator/memory.coordinator';
import { RedisCoordinator } from '../../apps/processor/src/coordinator/redis.coordinator';
import { describeWith, eventually } from '../harness';
import { Random } from '../model/random';
import { FakeClock } from '../support/fake-clock';

const begin = 1_700_000_000_000;
const minute = 60_000;

interface Step {
  readonly told: string;
  /** Answers the verdict, where there is one. */
  readonly take: (ledger: Coordinator) => Promise<string>;
}

/** What a ledger may be asked: also with a log time that moves back, or a lease that is longer than a slot is remembered. */
function stepOf(random: Random, now: number): Step {
  const some = (...names: string[]) => names.filter(() => random.chance(0.5));
  const key = { entity: `c/n${random.below(2)}`, slot: begin + random.below(3) * 10_000 };
  if (random.chance(0.3)) {
    const members = some('a', 'b', 'c', 'd');
    return {
      told: `done ${JSON.stringify({ ...key, members })}`,
      take: (ledger) => ledger.done(key, members).then(() => 'done'),
    };
  }
  const crowd = Array.from({ length: 40 }, () => `crowd-${random.below(200)}`);
  const question: Question = {
    ...key,
    sources: random.chance(0.1) ? [...new Set(crowd)] : some('p', 'q', 'r'),
    held: some('a', 'b', 'c', 'd'),
    now: now + random.below(40_000) - 12_000,
    leaseMs: random.pick([35_000, 3.5, 3.5 * 60 * minute]),
    force: random.chance(0.2),
  };
  return { told: JSON.stringify(question), take: (ledger) => ledger.decide(question) };
}

describeWith(['redis'], 'the ledger in Redis and its twin in memory', (servers) => {
  let redis: Redis;
  let shipped: RedisCoordinator;

  beforeAll(async () => {
    const { url } = await servers.redis();
    redis = new Redis(url);
    await redis.config('SET', 'appendonly', 'no');
    shipped = new RedisCoordinator(
      { url, commandTimeoutMs: 30_000, keyPrefix: 'hs', group: 'twin' },
      silentLogger,
    );
    await eventually(() => shipped.done({ entity: 'warm/up', slot: 1 }, []));
  });
  afterAll(async () => {
    await shipped.close();
    redis.disconnect();
  });

  async function passInRedis(ms: number): Promise<void> {
    for (const key of await redis.keys('*')) await redis.pexpire(key, (await redis.pttl(key)) - ms);
  }

  /** Asks both; answers their verdicts. Throws with all that was asked where they differ. */
  async function compared(seed: number): Promise<string[]> {
    await redis.flushall();
    const random = new Random(seed);
    const clock = new FakeClock();
    const twin = new MemoryCoordinator(clock);
    const told = [`seed ${seed}`];
    const verdicts: string[] = [];
    let now = begin;
    for (let i = 0; i < 40; i++) {
      if (random.chance(0.12)) {
        const ms = random.pick([1_000, 20_000, 5 * minute, 14 * minute, 16 * minute, 61 * minute]);
        await Promise.all([clock.advance(ms), passInRedis(ms)]);
        if (random.chance(0.7)) now += ms;
        told.push(`${ms} ms pass`);
      }
      const step = stepOf(random, now);
      told.push(step.told);
      const [shared, own] = [await step.take(shipped), await step.take(twin)];
      if (shared !== own) throw new Error(`Redis: ${shared}, its twin: ${own}\n${told.join('\n')}`);
      verdicts.push(shared);
    }
    return verdicts;
  }

  it('decide alike, whatever they are asked and however time passes: 200 sequences', async () => {
    const verdicts: string[] = [];
    for (let seed = 1; seed <= 200; seed++) verdicts.push(...(await compared(seed)));
    for (const verdict of ['WAIT', 'EMIT', 'MORE', 'DUP'])
      expect(verdicts.filter((each) => each === verdict).length).toBeGreaterThan(200);
  });
});
