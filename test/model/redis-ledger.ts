import Redis from 'ioredis';
import { silentLogger } from '@haproxystats/runtime';
import { RedisCoordinator } from '../../apps/processor/src/coordinator/redis.coordinator';
import { eventually } from '../harness';
import { RedisLedger } from './shared-ledger';

/** The shipped ledger at a Redis that nobody else uses: it will be emptied, again and again. */
export async function openRedisLedger(url: string): Promise<RedisLedger> {
  const redis = new Redis(url);
  try {
    // Nothing of the model outlives the server, and to write all of it to the disk would take most of the time.
    await redis.config('SET', 'appendonly', 'no');
    const settings = { url, commandTimeoutMs: 30_000, keyPrefix: 'hs', group: 'model' };
    const shipped = new RedisCoordinator(settings, silentLogger);
    await eventually(() => shipped.done({ entity: 'warm/up', slot: 1 }, []));
    return new RedisLedger(shipped, redis);
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}
