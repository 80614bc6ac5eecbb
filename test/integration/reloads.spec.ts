import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createKafka, type KafkaClient } from '@haproxystats/messaging';
import { silentLogger } from '@haproxystats/runtime';
import { describeWith, eventually, type CarbonServer } from '../harness';
import { clusterResults, polledReplies, type ClusterResult } from '../support/cluster-results';
import { KeepAliveLoad } from '../support/keep-alive-load';
import { lastPoint } from '../support/node-oracle';
import { ownerOf, type Place } from '../support/partition-owner';
import { reload } from '../support/reload';
import { PolledWorkers, ReloadedNodes, type Reloadable } from '../support/reloaded-nodes';
import { Pipeline } from '../support/three-nodes';

const prefix = 'loadbalancers.clusters.eu.haproxy';
const rate = 'frontend.web.req_tot_rate';
const workers = 6;
/** Polls that an old worker answers each time. */
const oldPolls = 3;

/** THE RELOADS: of one process of each node; and whose processor is killed while the old workers live, which reads records with that key. */
const rounds: readonly { readonly process: number; readonly killed?: Omit<Place, 'members'> }[] = [
  { process: 1 },
  {
    process: 2,
    killed: { group: 'haproxystats-cluster', topic: 'haproxystats.frames.node.v1', key: 'eu/0' },
  },
  { process: 1, killed: { group: 'haproxystats-node', topic: 'haproxystats.raw.v1', key: 'eu/lb1' } },
];

/** An old worker, and when its HAProxy was reloaded, ms since the epoch. */
interface OldWorker {
  readonly haproxy: Reloadable;
  readonly pid: string;
  readonly reloadedAt: number;
}

describeWith(
  ['kafka', 'redis', 'haproxy', 'carbon'],
  'three nodes whose HAProxy processes are reloaded under load, polled through their masters as well',
  (servers) => {
    let directory: string;
    let carbon: CarbonServer;
    let client: KafkaClient;
    let world: ReloadedNodes;
    let pipeline: Pipeline;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'haproxystats-reloads-'));
      const [kafka, redis, graphite] = await Promise.all([
        servers.kafka(),
        servers.redis(),
        servers.carbon(),
      ]);
      carbon = graphite;
      world = await ReloadedNodes.start(servers, directory);
      client = createKafka(
        { brokers: kafka.brokers, clientId: 'test', requestTimeoutMs: 30_000, sessionTimeoutMs: 10_000 },
        silentLogger,
      );
      const mastersOf = (node: string) => world.mastersOf(node);
      pipeline = await Pipeline.start(directory, { kafka, redis, carbon }, { mastersOf });
    });
    afterEach(() => {
      for (const program of pipeline.programs)
        if (program.child.exitCode) process.stderr.write(`${program.tail()}\n`);
    });
    afterAll(async () => {
      await pipeline.stop();
      await world.stop();
      await rm(directory, { recursive: true, force: true });
    });

    it('tell every request once, whoever is killed, but for what a worker counts after its last poll', async () => {
      await untilPolled();
      const from = Math.floor(Date.now() / 1_000);
      const loads = new Map(
        world.all.map((each) => [each, new KeepAliveLoad({ port: each.port, clients: 2, pauseMs: 20 })]),
      );
      const old: OldWorker[] = [];
      for (const { process, killed } of rounds) {
        const [owner] = await Promise.all([killed && portOf(killed), pause(1_000)]);
        const reloaded = world.all.filter((each) => each.process === process);
        const begun = await Promise.all(reloaded.map(reloadNow));
        old.push(...begun);
        if (owner !== undefined) await replace(owner);
        await untilOldPolled(begun);
        for (const each of reloaded) loads.get(each)!.renew();
        await untilPolled();
      }
      await Promise.all([...loads.values()].map((load) => load.stop()));
      const to = await untilPolled();

      const replies = await polledReplies(client);
      const slots = await untilAllTold(replies, { from, to });
      const polled = new Map(world.all.map((each) => [each, new PolledWorkers(replies, each)]));
      const told = sum(slots.map(([, { numbers }]) => numbers.get(rate)!));
      const answered = sum([...loads.values()].map((load) => load.answered.length));
      const seen = sum([...polled.values()].map(({ requests }) => requests));
      const averagedAway = sum([...polled.values()].map((each) => each.averagedAway));
      const byOld = old.map(({ haproxy, pid, reloadedAt }) => {
        const lastPoll = polled.get(haproxy)!.of(pid).at(-1)!.second * 1_000;
        const own = loads.get(haproxy)!.answered.filter((each) => each.openedAt < reloadedAt);
        const since = (ms: number) => own.filter(({ at }) => at >= ms && at > reloadedAt).length;
        return { all: since(reloadedAt), untold: since(lastPoll) };
      });
      const untold = sum(byOld.map((each) => each.untold));
      process.stdout.write(
        `requests: ${answered}, by old workers ${sum(byOld.map(({ all }) => all))}; told ${told.toFixed(2)}, by old workers after their last poll ${untold}, in missing slots ${averagedAway.toFixed(2)}\n`,
      );
      expect(Math.min(...slots.map(([, { numbers }]) => numbers.get(rate)!))).toBeGreaterThanOrEqual(0);
      expect(told).toBeLessThanOrEqual(seen + 0.01);
      expect(told).toBeGreaterThanOrEqual(seen - averagedAway - 0.01);
      expect(seen).toBeLessThanOrEqual(answered);
      expect(seen).toBeGreaterThanOrEqual(answered - untold);
      for (const each of byOld) expect(each.all).toBeGreaterThan(each.untold);
      for (const { haproxy, pid } of old) {
        const stopping = polled
          .get(haproxy)!
          .of(pid)
          .filter(({ isStopping }) => isStopping);
        expect(stopping.length).toBeGreaterThanOrEqual(oldPolls);
      }
      await eventually(
        async () => {
          const points = new Map(await carbon.points(`${prefix}.${rate}`));
          expect(sum(slots.map(([second]) => points.get(second) ?? 0))).toBeCloseTo(told, 2);
        },
        { withinMs: 60_000 },
      );
    });

    async function reloadNow(haproxy: Reloadable): Promise<OldWorker> {
      const reloadedAt = Date.now();
      return { haproxy, reloadedAt, pid: await reload(haproxy) };
    }

    /** Of the processor that has the partition: so it calls itself. */
    async function portOf(place: Omit<Place, 'members'>): Promise<number> {
      return Number(await ownerOf(client, { ...place, members: pipeline.processors.size }));
    }

    async function replace(port: number): Promise<void> {
      await pipeline.processors.get(port)!.stop('SIGKILL');
      await pipeline.startProcessor(port);
    }

    /** Resolves when a slot that began after now is in Graphite, with all workers and no other; tells its second. */
    function untilPolled(): Promise<number> {
      const since = Math.ceil(Date.now() / 1_000) + 1;
      return eventually(
        async () => {
          const [second, complete] = await lastPoint(carbon, `${prefix}.coverage.complete`);
          const covered = new Map(await carbon.points(`${prefix}.coverage.covered`)).get(second);
          expect([second >= since, complete, covered]).toEqual([true, 1, workers]);
          return second;
        },
        { withinMs: 60_000 },
      );
    }

    /** So many slots since the reload stand for the old workers too, beside one at which they may not have known yet that they are old. */
    async function untilOldPolled(old: readonly OldWorker[]): Promise<void> {
      const since = Math.max(...old.map(({ reloadedAt }) => reloadedAt));
      await eventually(
        async () => {
          const covered = await carbon.points(`${prefix}.coverage.covered`);
          const isBoth = ([second, count]: readonly [number, number]) =>
            second * 1_000 > since && count === workers + old.length;
          expect(covered.filter(isBoth).length).toBeGreaterThan(oldPolls);
        },
        { withinMs: 60_000 },
      );
    }

    /** Each slot that was polled is told, with all that answered. */
    function untilAllTold(
      replies: ReadonlyMap<number, ReadonlyMap<string, unknown>>,
      { from, to }: { readonly from: number; readonly to: number },
    ): Promise<(readonly [number, ClusterResult])[]> {
      const polled = [...replies].filter(([second]) => second >= from && second <= to);
      return eventually(
        async () => {
          const results = await clusterResults(client);
          const covered = polled.map(([second]) => [second, results.get(second)?.coverage.covered]);
          expect(covered).toEqual(polled.map(([second, said]) => [second, said.size]));
          return polled.map(([second]) => [second, results.get(second)!] as const);
        },
        { withinMs: 60_000 },
      );
    }
  },
);

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}
