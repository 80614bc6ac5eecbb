import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  describeWith,
  eventually,
  freePort,
  type CarbonServer,
  type HAProxyServer,
  type KafkaServer,
  type RedisServer,
} from '../harness';
import { KeepAliveLoad } from '../support/keep-alive-load';
import { lastPoint } from '../support/node-oracle';
import { Program } from '../support/program';

const reloads = 3;
const intervalMs = 1_000;
const prefix = 'loadbalancers.lb1.haproxy';

describeWith(
  ['kafka', 'redis', 'haproxy', 'carbon'],
  'a HAProxy that is reloaded under load, polled through its master as well',
  (servers) => {
    let directory: string;
    let port: number;
    let haproxy: HAProxyServer;
    let kafka: KafkaServer;
    let redis: RedisServer;
    let carbon: CarbonServer;
    let file: string;
    const programs: Program[] = [];

    /** Keep-alive connections stay with the old worker after a reload. */
    const haproxyConfig = () => `global
  close-spread-time infinite
  hard-stop-after 60s
  stats socket ${directory}/stats.sock mode 600 level user
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 1s
frontend web
  bind 127.0.0.1:${port}
  http-request return status 200
`;
    const settings = () => `[paths]
base-dir = ${directory}/base
[pull]
node = lb1
servers = unix://${directory}/stats.sock
master-socket = unix://${directory}/master.sock
pull-interval = ${intervalMs / 1_000}
pull-timeout = 0.8
status-port = 0
[process]
roles = node, graphite
status-port = 0
[kafka]
brokers = ${kafka.brokers.join(',')}
session-timeout = 6
[redis]
url = ${redis.url}
[graphite]
server = ${carbon.host}
port = ${carbon.port}
interval = 0.2
`;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'haproxystats-reloads-'));
      port = await freePort();
      [kafka, redis, carbon] = await Promise.all([servers.kafka(), servers.redis(), servers.carbon()]);
      const args = ['-W', '-S', `unix@${directory}/master.sock,level,operator`];
      haproxy = await servers.haproxy({ config: haproxyConfig(), directory, args });
      file = join(directory, 'haproxystats.conf');
      await writeFile(file, settings());
      const topics = Program.start('haproxystats', 'topics', '-f', file);
      if ((await topics.exited) !== 0) throw new Error(topics.tail());
      programs.push(
        ...['pull', 'process', 'process'].map((name) => Program.start(name as 'pull', '-f', file)),
      );
    });
    afterEach(() => {
      for (const program of programs) if (program.child.exitCode) process.stderr.write(`${program.tail()}\n`);
    });
    afterAll(async () => {
      await Promise.all(programs.map((program) => program.stop('SIGKILL')));
      await haproxy.stop();
      await rm(directory, { recursive: true, force: true });
    });

    it('tells every request once, but for what a worker counts after its last poll', async () => {
      await untilPolled();
      const begun = Date.now();
      const load = new KeepAliveLoad({ port, clients: 4, pauseMs: 10, connectionMs: 5_000 });
      const reloadedAt: number[] = [];
      for (let i = 0; i < reloads; i++) {
        await pause(2_000);
        reloadedAt.push(Date.now());
        await reload();
        if (i === 1) await programs.at(-1)!.stop('SIGKILL');
        await pause(5_500);
      }
      await load.stop();
      await untilPolled();
      const rates = (await carbon.points(`${prefix}.frontend.web.req_tot_rate`)).filter(
        ([second]) => second * 1_000 >= begun - intervalMs,
      );
      const told = rates.reduce((sum, [, rate]) => sum + rate * (intervalMs / 1_000), 0);
      const { answered } = load;
      const untold = reloadedAt.reduce((sum, at) => sum + lastOfOldWorker(at, answered), 0);
      const byOldWorkers = answered.filter(({ openedAt, at }) =>
        reloadedAt.some((reloaded) => openedAt < reloaded && at > reloaded),
      ).length;
      process.stdout.write(
        `requests: ${answered.length}, by old workers ${byOldWorkers}; told ${told.toFixed(2)}, of old workers in their last interval ${untold}\n`,
      );
      expect(Math.min(...rates.map(([, rate]) => rate))).toBeGreaterThanOrEqual(0);
      expect(told).toBeLessThanOrEqual(answered.length + 0.01);
      expect(told).toBeGreaterThanOrEqual(answered.length - untold);
      expect(byOldWorkers).toBeGreaterThan(3 * untold);
      await expectOldWorkersSeen(reloadedAt);
    });

    /** A slot that began after now is in Graphite, with all its processes. */
    async function untilPolled(): Promise<void> {
      const since = Math.ceil(Date.now() / 1_000) + 1;
      await eventually(
        async () => {
          const [second, complete] = await lastPoint(carbon, `${prefix}.coverage.complete`);
          expect([second >= since, complete]).toEqual([true, 1]);
        },
        { withinMs: 60_000 },
      );
    }

    async function reload(): Promise<void> {
      const master = connect(`${directory}/master.sock`);
      master.end('reload\n');
      await once(master.resume(), 'close');
    }

    /** What old workers answered in the interval, and a bit, before their last connection ended: no poll may have seen it. */
    function lastOfOldWorker(
      reloadedAt: number,
      answered: readonly { openedAt: number; at: number }[],
    ): number {
      const old = answered.filter(({ openedAt, at }) => openedAt < reloadedAt && at > reloadedAt);
      const end = Math.max(...old.map(({ at }) => at));
      return old.filter(({ at }) => at > end - intervalMs * 1.3).length;
    }

    /** After each reload at least three slots stand for an old worker too. */
    async function expectOldWorkersSeen(reloadedAt: readonly number[]): Promise<void> {
      const covered = await carbon.points(`${prefix}.coverage.covered`);
      for (const at of reloadedAt) {
        const slots = covered.filter(([second]) => second * 1_000 > at && second * 1_000 < at + 6_000);
        expect(slots.filter(([, processes]) => processes === 2).length).toBeGreaterThanOrEqual(3);
      }
    }
  },
);
