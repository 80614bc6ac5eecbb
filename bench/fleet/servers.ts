import {
  createKafka,
  createTopics,
  quietRequestQueue,
  withAdmin,
  type KafkaClient,
} from '@haproxystats/messaging';
import { silentLogger } from '@haproxystats/runtime';
import { prepareNative } from '../../test/harness/native/prepare-native';
import { NativeServers } from '../../test/harness/native/native-servers';
import { announceProvision } from '../../test/harness/provision';
import { makeRunDirectory } from '../../test/harness/run-directory';

/** A broker and a Redis, with nothing in them but the topics. */
export interface FleetServers {
  readonly brokers: readonly string[];
  readonly redisUrl: string;
  readonly client: KafkaClient;
  stop(): Promise<void>;
}

/** Finds out, once, what the servers run on. All that is started from then on ends with this program, even where that is killed. Rejects when there is no Kafka or Redis to be had. */
export async function prepareServers(): Promise<void> {
  // Also for the clients that look whether the broker answers.
  quietRequestQueue();
  const missing = await prepareNative();
  const reason = missing.kafka ?? missing.redis;
  if (reason !== undefined) throw new Error(`no Kafka and Redis to measure with: ${reason}`);
  announceProvision({ provider: 'native', missing, directory: await makeRunDirectory() });
}

export async function startServers(): Promise<FleetServers> {
  const servers = new NativeServers();
  const started = await Promise.allSettled([servers.kafka(), servers.redis()]);
  const stop = async (): Promise<void> => {
    for (const each of started) if (each.status === 'fulfilled') await each.value.stop();
  };
  const [kafka, redis] = started;
  if (kafka.status === 'rejected' || redis.status === 'rejected') {
    await stop();
    throw new Error('Kafka or Redis does not start', { cause: started });
  }
  const { brokers } = kafka.value;
  const settings = {
    brokers,
    clientId: 'bench',
    requestTimeoutMs: 30_000,
    sessionTimeoutMs: 30_000,
  };
  const client = createKafka(settings, silentLogger);
  await withAdmin(client, (admin) => createTopics(admin, 'haproxystats'));
  return { brokers, redisUrl: redis.value.url, client, stop };
}
