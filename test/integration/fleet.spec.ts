import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Redis from 'ioredis';
import {
  describeWith,
  eventually,
  freePort,
  type CarbonServer,
  type KafkaServer,
  type RedisServer,
} from '../harness';
import { lastPoint, pointSince, polledSlots, untilEqualToSums, wholePolls } from '../support/node-oracle';
import { Program } from '../support/program';
import { Site } from '../support/site';

/** Of the same processes, by one kind of their sockets. */
interface Node {
  readonly name: string;
  /** Of its paths. */
  readonly prefix: string;
  /** What the puller polls, and the name each process has there. */
  readonly polled: () => string;
  readonly processName: (i: number) => string;
}

describeWith(
  ['kafka', 'redis', 'haproxy', 'carbon'],
  'four HAProxy processes -> pullers over UNIX and TCP -> Kafka -> two processors with Redis -> carbon',
  (servers) => {
    let directory: string;
    let kafka: KafkaServer;
    let redis: RedisServer;
    let carbon: CarbonServer;
    let site: Site;
    const pullers: Program[] = [];
    const processors: Program[] = [];
    let statusPorts: number[];

    const nodes: readonly Node[] = [
      {
        name: 'unix.test',
        prefix: 'loadbalancers.unix_test.haproxy',
        polled: () => `socket-dir = ${directory}/sockets`,
        processName: (i) => site.sockets[i]!,
      },
      {
        name: 'tcp.test',
        prefix: 'loadbalancers.tcp_test.haproxy',
        polled: () => `servers = ${site.tcpPorts.map((port) => `tcp://127.0.0.1:${port}`).join(',')}`,
        processName: (i) => `127.0.0.1:${site.tcpPorts[i]!}`,
      },
    ];
    const eachNode = (test: (node: Node, puller: Program) => Promise<void>) =>
      Promise.all(nodes.map((node, i) => test(node, pullers[i]!)));
    const coverage = async (node: Node, what: string) =>
      new Map(await carbon.points(`${node.prefix}.coverage.${what}`));

    async function configure(statusPort: number, { name, polled }: Node): Promise<string> {
      const file = join(directory, `${statusPort}.conf`);
      await writeFile(
        file,
        `[paths]
base-dir = ${directory}/${name}
[pull]
node = ${name}
${polled()}
pull-interval = 1
pull-timeout = 0.8
status-port = ${statusPort}
[process]
status-port = ${statusPort}
[kafka]
brokers = ${kafka.brokers.join(',')}
session-timeout = 10
[redis]
url = ${redis.url}
[graphite]
server = ${carbon.host}
port = ${carbon.port}
interval = 0.2
`,
      );
      return file;
    }

    const get = async (port: number, path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: response.status, text: await response.text() };
    };

    /** The newest point of every node says that all processes are there again. */
    async function untilComplete(): Promise<void> {
      const since = Math.ceil(Date.now() / 1000);
      await eachNode((node) =>
        eventually(
          async () => {
            const [second, complete] = await lastPoint(carbon, `${node.prefix}.coverage.complete`);
            expect([second >= since, complete]).toEqual([true, 1]);
          },
          { withinMs: 60_000 },
        ),
      );
    }

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'haproxystats-fleet-'));
      await mkdir(join(directory, 'sockets'));
      [kafka, redis, carbon] = await Promise.all([servers.kafka(), servers.redis(), servers.carbon()]);
      site = await Site.start(servers, { directory: join(directory, 'sockets'), processes: 4 });
      statusPorts = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
    });
    afterEach(() => {
      for (const program of [...pullers, ...processors]) {
        if (program.child.exitCode) process.stderr.write(`${program.tail()}\n`);
      }
    });
    afterAll(async () => {
      await Promise.all([...pullers, ...processors].map((program) => program.stop('SIGKILL')));
      await site.stop();
      await rm(directory, { recursive: true, force: true });
    });

    it('starts in any order: the puller and the processors before there is a broker, then before there is a topic', async () => {
      await kafka.kill();
      for (const [i, port] of statusPorts.entries()) {
        const file = await configure(port, nodes[i] ?? nodes[0]!);
        if (nodes[i]) pullers.push(Program.start('pull', '-f', file));
        else processors.push(Program.start('process', '-f', file));
      }
      for (const puller of pullers)
        await eventually(() => expect(polledSlots(puller).length).toBeGreaterThan(1), { withinMs: 60_000 });
      await eventually(() => expect(processors[0]!.lines(/no broker answers/).length).toBeGreaterThan(0), {
        withinMs: 60_000,
      });
      await kafka.start();
      const unknown = /does not exist: run 'haproxystats topics'/;
      await eventually(() => expect(processors[0]!.lines(unknown).length).toBeGreaterThan(0), {
        withinMs: 60_000,
      });
      expect((await get(statusPorts[2]!, '/readyz')).status).toBe(503);

      const conf = await configure(statusPorts[0]!, nodes[0]!);
      const topics = Program.start('haproxystats', 'topics', '-f', conf);
      expect(await topics.exited).toBe(0);
      expect(topics.output).toContain('haproxystats.raw.v1: created');
      const wider = Program.start('haproxystats', 'topics', '--partitions', '12', '-f', conf);
      expect(await wider.exited).toBe(0);
      expect(wider.output).toContain(
        'haproxystats.raw.v1: is as it should be; it has 6 partitions, and not 12: kafka-topics --alter changes that, and only upwards',
      );
      for (const port of statusPorts)
        await eventually(async () => expect((await get(port, '/readyz')).status).toBe(200), {
          withinMs: 60_000,
        });
    });

    it('gives the sums of the four processes, when traffic has stopped', async () => {
      await site.visit(1_200);
      const served = await site.requestsPerProcess();
      expect(Math.min(...served)).toBeGreaterThan(0);
      expect(served.reduce((sum, requests) => sum + requests, 0)).toBe(1_200);
      const after = Math.ceil(Date.now() / 1000) + 1;
      await eachNode(async ({ prefix }) => {
        await pointSince(carbon, `${prefix}.coverage.complete`, after);
        expect(await untilEqualToSums(carbon, prefix, site.sockets)).toBeGreaterThan(80);
      });
    });

    it('shares the ledger through Redis, and the work among both processors', async () => {
      const client = new Redis(redis.url);
      const keys = await client.keys('hs:haproxystats-node:*');
      client.disconnect();
      for (const { name } of nodes)
        expect(keys.some((key) => key.startsWith(`hs:haproxystats-node:{default/${name}}:`))).toBe(true);
      const joined = processors.map((processor) =>
        processor.lines('joined the group').flatMap(({ partitions }) => partitions as number[]),
      );
      for (const partitions of joined) expect(partitions.length).toBeGreaterThan(0);
    });

    it('has every slot, complete, after the broker was killed for three polls', async () => {
      const before = pullers.map((puller) => wholePolls(puller).length);
      await kafka.kill();
      await eventually(
        () =>
          expect(
            Math.min(...pullers.map((puller, i) => wholePolls(puller).length - before[i]!)),
          ).toBeGreaterThanOrEqual(3),
        { withinMs: 60_000 },
      );
      await kafka.start();
      await eachNode(async (node, puller) => {
        const [slots, whole] = [polledSlots(puller), new Set(wholePolls(puller))];
        await eventually(
          async () => {
            const complete = await coverage(node, 'complete');
            expect(slots.filter((slot) => complete.get(slot) !== Number(whole.has(slot)))).toEqual([]);
          },
          { withinMs: 90_000, everyMs: 500 },
        );
        expect(new Set(slots).size).toBe(slots.length);
      });
    });

    it('says at /metrics what it did, and nothing was unreadable', async () => {
      const polled = pullers.flatMap(wholePolls).length;
      const totals = async () => {
        const pages = await Promise.all(statusPorts.slice(nodes.length).map((port) => get(port, '/metrics')));
        const number = (text: string, name: string) =>
          Number(new RegExp(`^haproxystats_processor_${name} (\\d+)`, 'm').exec(text)?.[1] ?? NaN);
        return (name: string) => pages.reduce((sum, { text }) => sum + number(text, name), 0);
      };
      await eventually(
        async () => expect((await totals())('complete_frames_total')).toBeGreaterThanOrEqual(polled),
        { withinMs: 60_000 },
      );
      const total = await totals();
      expect(
        total('unreadable_records_total') + total('unreadable_processes_total') + total('bad_rows_total'),
      ).toBe(0);
      expect(total('graphite_metrics_total')).toBeGreaterThan(1_000);
    });

    it('names a killed process in the log and in the coverage, and counts the others', async () => {
      const begun = Math.ceil(Date.now() / 1000);
      const toldBefore = pullers.map((puller) => puller.lines(/gives no statistics/).length);
      await site.processes[3]!.kill();
      await eachNode(async (node, puller) => {
        await eventually(
          async () => {
            const expected = await coverage(node, 'expected');
            const partial = [...(await coverage(node, 'covered'))].filter(
              ([second, count]) => second >= begun && count === 3 && expected.get(second) === 4,
            );
            expect(partial.length).toBeGreaterThan(0);
          },
          { withinMs: 60_000 },
        );
        const process = node.processName(3);
        // It may have been killed while it answered: then it is told as cut off before.
        await eventually(() => {
          const told = puller.lines(/gives no statistics/).slice(toldBefore[pullers.indexOf(puller)]);
          expect(told.filter((line) => line['process'] !== process)).toEqual([]);
          expect(told.at(-1)).toMatchObject({ process, reason: 'refused' });
        });
        await eventually(() => {
          const merged = processors.flatMap((processor) => processor.lines(/3 of 4 processes/));
          expect(JSON.stringify(merged)).toContain(`${process} (`);
        });
      });
      const after = Math.ceil(Date.now() / 1000) + 2;
      await eachNode(async ({ prefix }) => {
        await pointSince(carbon, `${prefix}.coverage.covered`, after);
        expect(await untilEqualToSums(carbon, prefix, site.sockets.slice(0, 3))).toBeGreaterThan(80);
      });
      await site.processes[3]!.start();
      await untilComplete();
    });

    it('goes on without a process that accepts and never answers', async () => {
      const begun = Math.ceil(Date.now() / 1000);
      const toldBefore = pullers.map((puller) => puller.lines(/gives no statistics/).length);
      await site.processes[2]!.pause();
      await eachNode(async (node, puller) => {
        await eventually(
          async () => {
            const covered = await coverage(node, 'covered');
            const partial = [...covered].filter(([second, count]) => second > begun && count === 3);
            expect(partial.length).toBeGreaterThan(1);
          },
          { withinMs: 60_000 },
        );
        const [told] = puller.lines(/gives no statistics/).slice(toldBefore[pullers.indexOf(puller)]);
        expect(told).toMatchObject({ process: node.processName(2), reason: 'timeout' });
      });
      await site.processes[2]!.resume();
      await untilComplete();
    });

    it('ends in order on SIGTERM', async () => {
      expect(await Promise.all(pullers.map((puller) => puller.stop()))).toEqual([0, 0]);
      expect(await Promise.all(processors.map((processor) => processor.stop()))).toEqual([0, 0]);
      const complaints = [...pullers, ...processors].flatMap((program) => program.complaints);
      expect(complaints).toEqual([]);
    });
  },
);
