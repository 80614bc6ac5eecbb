import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Redis from 'ioredis';
import {
  describeWith,
  eventually,
  freePort,
  type CarbonServer,
  type KafkaServer,
  type RedisServer,
} from '../harness';
import { differences, pointSince, polledSlots } from '../support/node-oracle';
import { Program } from '../support/program';
import { Site } from '../support/site';

const prefix = 'loadbalancers.lb1_test.haproxy';

describe.each(['UNIX', 'TCP'] as const)('over %s sockets', (transport) => {
  describeWith(
    ['kafka', 'redis', 'haproxy', 'carbon'],
    'four HAProxy processes -> puller -> Kafka -> two processors with Redis -> carbon',
    (servers) => {
      let directory: string;
      let kafka: KafkaServer;
      let redis: RedisServer;
      let carbon: CarbonServer;
      let site: Site;
      let puller: Program;
      const processors: Program[] = [];
      let statusPorts: number[];

      /** What the puller polls, and the name each process has there. */
      const polled = () =>
        transport === 'UNIX'
          ? `socket-dir = ${directory}/sockets`
          : `servers = ${site.tcpPorts.map((port) => `tcp://127.0.0.1:${port}`).join(',')}`;
      const processName = (i: number) =>
        transport === 'UNIX' ? site.sockets[i]! : `127.0.0.1:${site.tcpPorts[i]!}`;

      const conf = (name: string, statusPort: number) => join(directory, `${name}-${statusPort}.conf`);

      async function configure(name: string, statusPort: number): Promise<string> {
        const file = conf(name, statusPort);
        await writeFile(
          file,
          `[paths]
base-dir = ${directory}/lib
[pull]
node = lb1.test
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

      beforeAll(async () => {
        directory = await mkdtemp(join(tmpdir(), 'haproxystats-fleet-'));
        await mkdir(join(directory, 'sockets'));
        [kafka, redis, carbon] = await Promise.all([servers.kafka(), servers.redis(), servers.carbon()]);
        site = await Site.start(servers, { directory: join(directory, 'sockets'), processes: 4 });
        statusPorts = await Promise.all([freePort(), freePort(), freePort()]);
      });
      afterEach(() => {
        for (const program of [puller, ...processors]) {
          if (program.child.exitCode) process.stderr.write(`${program.tail()}\n`);
        }
      });
      afterAll(async () => {
        await Promise.all([puller, ...processors].map((program) => program.stop('SIGKILL')));
        await site.stop();
        await rm(directory, { recursive: true, force: true });
      });

      it('starts in any order: the puller and the processors before there is a broker, then before there is a topic', async () => {
        await kafka.kill();
        puller = Program.start('pull', '-f', await configure('pull', statusPorts[0]!));
        for (const port of statusPorts.slice(1))
          processors.push(Program.start('process', '-f', await configure('process', port)));
        await eventually(() => expect(polledSlots(puller).length).toBeGreaterThan(1), { withinMs: 30_000 });
        await eventually(() => expect(processors[0]!.lines(/no broker answers/).length).toBeGreaterThan(0), {
          withinMs: 30_000,
        });
        await kafka.start();
        const unknown = /does not exist: run 'haproxystats topics'/;
        await eventually(() => expect(processors[0]!.lines(unknown).length).toBeGreaterThan(0), {
          withinMs: 60_000,
        });
        expect((await get(statusPorts[1]!, '/readyz')).status).toBe(503);

        const topics = Program.start(
          'haproxystats',
          'topics',
          '-f',
          await configure('pull', statusPorts[0]!),
        );
        expect(await topics.exited).toBe(0);
        expect(topics.output).toContain('haproxystats.raw.v1: created');
        await eventually(async () => expect((await get(statusPorts[1]!, '/readyz')).status).toBe(200), {
          withinMs: 60_000,
        });
        await eventually(async () => expect((await get(statusPorts[2]!, '/readyz')).status).toBe(200), {
          withinMs: 60_000,
        });
        await eventually(async () => expect((await get(statusPorts[0]!, '/readyz')).status).toBe(200));
      });

      it('gives the sums of the four processes, when traffic has stopped', async () => {
        await site.visit(1_200);
        const served = await site.requestsPerProcess();
        expect(Math.min(...served)).toBeGreaterThan(0);
        expect(served.reduce((sum, requests) => sum + requests, 0)).toBe(1_200);
        await pointSince(carbon, `${prefix}.coverage.complete`, Math.ceil(Date.now() / 1000) + 1);
        const { compared, wrong } = await differences(carbon, prefix, site.sockets);
        expect(wrong).toEqual([]);
        expect(compared).toBeGreaterThan(80);
      });

      it('shares the ledger through Redis, and the work among both processors', async () => {
        const client = new Redis(redis.url);
        const keys = await client.keys('hs:haproxystats-node:*');
        client.disconnect();
        expect(keys.some((key) => key.startsWith('hs:haproxystats-node:{default/lb1.test}:'))).toBe(true);
        const joined = processors.map((processor) =>
          processor.lines('joined the group').flatMap(({ partitions }) => partitions as number[]),
        );
        for (const partitions of joined) expect(partitions.length).toBeGreaterThan(0);
      });

      it('has every slot, complete, after the broker was killed for three polls', async () => {
        const before = polledSlots(puller).length;
        await kafka.kill();
        await eventually(() => expect(polledSlots(puller).length).toBeGreaterThanOrEqual(before + 3));
        await kafka.start();
        const slots = polledSlots(puller);
        const last = slots.at(-1)!;
        await pointSince(carbon, `${prefix}.coverage.complete`, last);
        await eventually(
          async () => {
            const stored = new Map(await carbon.points(`${prefix}.coverage.complete`));
            const missing = slots.filter((slot) => stored.get(slot) !== 1);
            expect(missing).toEqual([]);
          },
          { withinMs: 60_000, everyMs: 500 },
        );
        expect(slots.length).toBeGreaterThan(before);
        expect(new Set(slots).size).toBe(slots.length);
      });

      it('says at /metrics what it did, and nothing was unreadable', async () => {
        const polled = polledSlots(puller).length;
        const totals = async () => {
          const pages = await Promise.all(statusPorts.slice(1).map((port) => get(port, '/metrics')));
          const number = (text: string, name: string) =>
            Number(new RegExp(`^haproxystats_processor_${name} (\\d+)`, 'm').exec(text)?.[1] ?? NaN);
          return (name: string) => pages.reduce((sum, { text }) => sum + number(text, name), 0);
        };
        await eventually(
          async () => expect((await totals())('complete_frames_total')).toBeGreaterThanOrEqual(polled),
          { withinMs: 30_000 },
        );
        const total = await totals();
        expect(
          total('unreadable_records_total') + total('unreadable_processes_total') + total('bad_rows_total'),
        ).toBe(0);
        expect(total('graphite_metrics_total')).toBeGreaterThan(1_000);
      });

      it('names a killed process in the log and in the coverage, and counts the others', async () => {
        const begun = Math.ceil(Date.now() / 1000);
        await site.processes[3]!.kill();
        const socket = processName(3);
        await eventually(
          async () => {
            const covered = new Map(await carbon.points(`${prefix}.coverage.covered`));
            const expected = new Map(await carbon.points(`${prefix}.coverage.expected`));
            const partial = [...covered].filter(
              ([second, count]) => second >= begun && count === 3 && expected.get(second) === 4,
            );
            expect(partial.length).toBeGreaterThan(0);
          },
          { withinMs: 30_000 },
        );
        expect(puller.lines(/gives no statistics/).map(({ process, reason }) => [process, reason])).toEqual([
          [socket, 'refused'],
        ]);
        const told = processors.flatMap((processor) => processor.lines(/3 of 4 processes/));
        expect(JSON.stringify(told)).toContain(`${socket} (refused)`);
        await pointSince(carbon, `${prefix}.coverage.covered`, Math.ceil(Date.now() / 1000) + 2);
        expect((await differences(carbon, prefix, site.sockets.slice(0, 3))).wrong).toEqual([]);
        await site.processes[3]!.start();
      });

      it('goes on without a process that accepts and never answers', async () => {
        await sleep(2_000);
        const begun = Math.ceil(Date.now() / 1000);
        await site.processes[2]!.pause();
        await eventually(
          async () => {
            const covered = await carbon.points(`${prefix}.coverage.covered`);
            expect(covered.filter(([second, count]) => second > begun && count === 3).length).toBeGreaterThan(
              1,
            );
          },
          { withinMs: 30_000 },
        );
        expect(puller.lines(/gives no statistics/).at(-1)).toMatchObject({
          process: processName(2),
          reason: 'timeout',
        });
        await site.processes[2]!.resume();
        await eventually(
          async () => {
            const last = (await carbon.points(`${prefix}.coverage.complete`)).at(-1);
            expect(last?.[1]).toBe(1);
          },
          { withinMs: 30_000 },
        );
      });

      it('ends in order on SIGTERM', async () => {
        expect(await puller.stop()).toBe(0);
        expect(await Promise.all(processors.map((processor) => processor.stop()))).toEqual([0, 0]);
        const complaints = [puller, ...processors].flatMap((program) => program.complaints);
        expect(complaints).toEqual([]);
      });
    },
  );
});
