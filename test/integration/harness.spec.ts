import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Redis from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import {
  askHAProxy,
  describeWith,
  eventually,
  freePort,
  type CarbonServer,
  type HAProxyServer,
  type KafkaServer,
  type RedisServer,
} from '../harness';

describeWith(['kafka'], 'a Kafka server of the harness', (servers) => {
  const topic = 'harness';
  let kafka: KafkaServer;

  const client = () =>
    new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING, retry: { retries: 3 } });

  /** The values of the topic's single partition, from its beginning up to `count`. */
  async function consume(groupId: string, count: number): Promise<string[]> {
    const consumer = client().consumer({ groupId, maxWaitTimeInMs: 100 });
    const values: string[] = [];
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: ({ message }) => Promise.resolve(void values.push(message.value!.toString())),
    });
    await eventually(() => expect(values).toHaveLength(count), { withinMs: 60_000 }).finally(() =>
      consumer.disconnect(),
    );
    return values;
  }

  async function produce(value: string): Promise<void> {
    const producer = client().producer();
    await producer.connect();
    await producer.send({ topic, acks: -1, messages: [{ value }] }).finally(() => producer.disconnect());
  }

  it('starts, and creates no topic by itself', async () => {
    kafka = await servers.kafka();
    await expect(produce('nowhere')).rejects.toThrow('does not host this topic-partition');
  });

  it('gives back what was produced', async () => {
    const admin = client().admin();
    await admin.connect();
    const topics = [{ topic, numPartitions: 1 }];
    await admin.createTopics({ topics, waitForLeaders: false }).finally(() => admin.disconnect());
    await eventually(() => produce('first'), { withinMs: 60_000 });
    expect(await consume('before', 1)).toEqual(['first']);
  });

  it('is away after kill and back with its records after start', async () => {
    await kafka.kill();
    await expect(produce('lost')).rejects.toThrow('Connection error');
    await kafka.start();
    await eventually(() => produce('second'), { withinMs: 60_000 });
    expect(await consume('after', 2)).toEqual(['first', 'second']);
  });

  it('is gone after stop', async () => {
    await kafka.stop();
    await expect(produce('late')).rejects.toThrow('Connection error');
  });
});

describeWith(['redis'], 'a Redis server of the harness', (servers) => {
  let redis: RedisServer;

  async function withClient<T>(use: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(redis.url, {
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      commandTimeout: 1_000,
    });
    client.on('error', () => undefined);
    return use(client).finally(() => client.disconnect());
  }

  it('starts and answers', async () => {
    redis = await servers.redis();
    expect(await withClient((client) => client.ping())).toBe('PONG');
  });

  it('accepts and does not answer while it is paused', async () => {
    await redis.pause();
    await expect(withClient((client) => client.ping())).rejects.toThrow('timed out');
    await redis.resume();
    expect(await withClient((client) => client.ping())).toBe('PONG');
  });

  it('is away after kill and back with its data after start', async () => {
    await withClient((client) => client.set('hs:harness', 'kept'));
    await redis.kill();
    await expect(withClient((client) => client.ping())).rejects.toThrow('Connection is closed');
    await redis.start();
    expect(await withClient((client) => client.get('hs:harness'))).toBe('kept');
  });

  it('is gone after stop', async () => {
    await redis.stop();
    await expect(withClient((client) => client.ping())).rejects.toThrow('Connection is closed');
  });
});

describeWith(['haproxy'], 'HAProxy servers of the harness', (servers) => {
  let directory: string;
  let port: number;
  let processes: HAProxyServer[];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'haproxystats-sockets-'));
    port = await freePort();
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const config = (name: string) => `
global
  maxconn 100
  stats socket ${directory}/${name}.sock mode 600 level admin
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend web
  bind 127.0.0.1:${port}
  http-request return status 200
`;

  const infoOf = (process: HAProxyServer) => askHAProxy(process.sockets[0]!, 'show info');
  const requestsOf = async (process: HAProxyServer) =>
    Number(/^CumReq: (\d+)/m.exec(await infoOf(process))![1]);

  it('share a port, each with a stats socket of its own', async () => {
    processes = await Promise.all(
      ['one', 'two'].map((name) => servers.haproxy({ config: config(name), directory })),
    );
    await eventually(async () => {
      expect((await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).status).toBe(
        200,
      );
      // The kernel chooses a process per connection: in the end each has had one, besides those on its stats socket.
      const before = await Promise.all(processes.map(requestsOf));
      expect(Math.min(...before)).toBeGreaterThan(0);
    });
  });

  it('do not answer while they are paused', async () => {
    const [first, second] = processes as [HAProxyServer, HAProxyServer];
    await first.pause();
    await expect(infoOf(first)).rejects.toThrow('no reply');
    expect(await infoOf(second)).toContain('Name: HAProxy');
    await first.resume();
    expect(await infoOf(first)).toContain('Name: HAProxy');
  });

  it('refuse after kill, and answer on the same socket after start', async () => {
    const [first, second] = processes as [HAProxyServer, HAProxyServer];
    await first.kill();
    await expect(infoOf(first)).rejects.toThrow('ECONNREFUSED');
    expect(await infoOf(second)).toContain('Name: HAProxy');
    await first.start();
    expect(await infoOf(first)).toContain('Name: HAProxy');
  });

  it('are gone after stop', async () => {
    const [first, second] = processes as [HAProxyServer, HAProxyServer];
    await first.stop();
    await second.stop();
    await expect(infoOf(second)).rejects.toThrow(/ECONNREFUSED|ENOENT/);
  });

  it('say what is wrong with a configuration', async () => {
    const broken = `${config('broken')}  nonsense\n`;
    await expect(servers.haproxy({ config: broken, directory })).rejects.toThrow(
      "unknown keyword 'nonsense'",
    );
  });
});

describeWith(['carbon'], 'a carbon server of the harness', (servers) => {
  const path = 'loadbalancers.lb1.haproxy.frontend.web.stot';
  const now = Math.floor(Date.now() / 1000);
  let carbon: CarbonServer;

  function send(lines: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const connection = connect(carbon.port, carbon.host);
      connection.once('error', reject).once('close', () => resolve());
      connection.resume().end(lines);
    });
  }

  it('starts with nothing stored', async () => {
    carbon = await servers.carbon();
    expect(await carbon.paths()).toEqual([]);
    expect(await carbon.points(path)).toEqual([]);
  });

  it('stores one value a second, first in memory, then in a file', async () => {
    const sent = [
      [now - 2, 1],
      [now - 1, 2.5],
    ];
    await send(`${path} 1 ${now - 2}\n${path} 2.5 ${now - 1}\n`);
    await eventually(async () => expect(await carbon.points(path)).toEqual(sent));
    await eventually(async () => expect(await carbon.writtenPoints(path)).toEqual(sent));
    expect(await carbon.points(path)).toEqual(sent);
    expect(await carbon.paths()).toEqual([path]);
  });

  it('is away after kill and back with its points after start', async () => {
    await carbon.kill();
    await expect(send('lost 1 1\n')).rejects.toThrow('ECONNREFUSED');
    await carbon.start();
    await send(`${path} 3 ${now}\n`);
    await eventually(async () =>
      expect(await carbon.points(path)).toEqual([
        [now - 2, 1],
        [now - 1, 2.5],
        [now, 3],
      ]),
    );
  });

  it('is gone after stop', async () => {
    await carbon.stop();
    await expect(send('late 1 1\n')).rejects.toThrow('ECONNREFUSED');
  });
});
