import { redisAnswers } from '../answers';
import { redisArguments, redisUrl, type RedisOptions } from '../redis-arguments';
import { NativeServer } from './native-server';

/** Redis as a process. */
export function startRedis(options: RedisOptions): Promise<NativeServer> {
  const { directory } = options;
  const answers = () => redisAnswers(redisUrl(options));
  return NativeServer.started({ command: 'redis-server', args: redisArguments(options), directory, answers });
}
