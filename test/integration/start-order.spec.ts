import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWith, eventually, freePort, type KafkaServer, type RedisServer } from '../harness';
import { HandMadeHAProxy, HandMadeRelay } from '../support/hand-made-servers';
import { polledSlots } from '../support/node-oracle';
import { Program } from '../support/program';

const warnings = ({ log }: Program): string[] =>
  log.filter(({ level }) => level === 'warn' || level === 'error').map(({ msg }) => msg);

describeWith(['kafka', 'redis'], 'Programs that start while nothing else is there', (servers) => {
  let directory: string;
  let kafka: KafkaServer;
  let redis: RedisServer;
  let haproxy: HandMadeHAProxy;
  let relay: HandMadeRelay;
  let ports: { pull: number; process: number; relay: number };
  let programs: Program[];

  beforeAll(async () => {
    [kafka, redis] = await Promise.all([servers.kafka(), servers.redis()]);
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'haproxystats-order-'));
    await mkdir(join(directory, 'sockets'));
    ports = { pull: await freePort(), process: await freePort(), relay: await freePort() };
    haproxy = new HandMadeHAProxy();
    relay = new HandMadeRelay();
    programs = [];
    const prefix = `order${Date.now()}`;
    await writeFile(
      join(directory, 'haproxystats.conf'),
      `[paths]
base-dir = ${directory}/lib
[pull]
node = lb1
socket-dir = ${directory}/sockets
pull-interval = 1
pull-timeout = 0.9
status-port = ${ports.pull}
[process]
status-port = ${ports.process}
[kafka]
brokers = ${kafka.brokers.join()}
topic-prefix = ${prefix}
group-prefix = ${prefix}
[redis]
url = ${redis.url}
[graphite]
server = 127.0.0.1
port = ${ports.relay}
interval = 0.2
`,
    );
    // Dead already where the test before has not come so far.
    await Promise.all([kafka, redis].map((server) => server.kill().catch(() => undefined)));
  });
  afterEach(async () => {
    await Promise.all(programs.map((program) => program.stop('SIGKILL')));
    await Promise.all([haproxy.close(), relay.close()]);
    await rm(directory, { recursive: true, force: true });
  });

  function start(name: 'pull' | 'process' | 'haproxystats', ...args: string[]): Program {
    const program = Program.start(name, ...args, '-f', join(directory, 'haproxystats.conf'));
    programs.push(program);
    return program;
  }

  /** The status of liveness and readiness. */
  const health = (port: number) =>
    Promise.all(
      ['/healthz', '/readyz'].map(async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).status),
    );

  const arrivals: Record<string, () => Promise<unknown>> = {
    HAProxy: () => haproxy.listen({ path: join(directory, 'sockets/1.sock') }),
    relay: () => relay.listen({ host: '127.0.0.1', port: ports.relay }),
    Redis: () => redis.start(),
    Kafka: async () => {
      await kafka.start();
      expect(await start('haproxystats', 'topics').exited).toBe(0);
    },
  };

  it.each([
    ['HAProxy', 'relay', 'Redis', 'Kafka'],
    ['Kafka', 'Redis', 'relay', 'HAProxy'],
    ['relay', 'Kafka', 'HAProxy', 'Redis'],
  ])(
    'live, wait, say once for what, and work when %s, %s, %s and %s have come',
    async (...order) => {
      const [puller, processor] = [start('pull'), start('process')];
      const sayOnce = () => {
        expect(puller.lines(/^found no stats socket to poll in socket-dir/)).toHaveLength(1);
        expect(
          processor
            .lines(/: no broker answers; trying on/)
            .map(({ topic }) => topic)
            .sort(),
        ).toEqual(
          ['frames.cluster.v1', 'frames.node.v1', 'frames.node.v1', 'raw.v1'].map((topic): unknown =>
            expect.stringContaining(topic),
          ),
        );
      };
      await eventually(sayOnce, { withinMs: 60_000 });
      await sleep(3_000);
      sayOnce();
      expect([await health(ports.pull), await health(ports.process)]).toEqual([
        [200, 503],
        [200, 503],
      ]);
      for (const what of order) {
        await arrivals[what]!();
        await sleep(1_000);
      }
      await eventually(async () => expect(await health(ports.pull)).toEqual([200, 200]), {
        withinMs: 60_000,
      });
      await eventually(async () => expect(await health(ports.process)).toEqual([200, 200]), {
        withinMs: 60_000,
      });
      await eventually(
        () => {
          const settled = polledSlots(puller).slice(0, -2);
          expect(settled.length).toBeGreaterThan(0);
          expect([...relay.slots.keys()]).toEqual(expect.arrayContaining(settled));
        },
        { withinMs: 60_000 },
      );
      for (const program of [puller, processor]) {
        expect(warnings(program).length).toBeLessThan(20);
        expect(program.lines(/does not exist/).length).toBeLessThanOrEqual(4);
        expect(program.complaints).toEqual([]);
        expect(await program.stop()).toBe(0);
      }
    },
    240_000,
  );
});
