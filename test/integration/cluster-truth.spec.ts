import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createKafka, type KafkaClient } from '@haproxystats/messaging';
import { silentLogger } from '@haproxystats/runtime';
import { describeWith, eventually, type CarbonServer } from '../harness';
import { clusterResults, polledReplies, type ClusterResult } from '../support/cluster-results';
import {
  clusterNumbers,
  countedSince,
  requestsSince,
  requestsSinceStart,
  type Numbers,
  type Said,
} from '../support/direct-reader';
import { polledSlots } from '../support/node-oracle';
import { nodeNames, Pipeline, ThreeNodes } from '../support/three-nodes';

const prefix = 'loadbalancers.clusters.eu.haproxy';
const rate = 'frontend.web.req_tot_rate';
/** Time alone changes them, or whoever asks: between two readings they move without any traffic. */
const moving =
  /\.(lastchg|lastsess|downtime|check_duration|Uptime_sec|Uptime_sec_max|Idle_pct|Idle_pct_min|Tasks|Run_queue|Run_queue_max|Pool\w+|ConnRate|SessRate|BytesOutRate|TotalBytesOut|CurrConns|CumConns|CumReq|CurrStreams|CumStreams|Jobs|MaxConnRate(_sum)?|MaxSessRate(_sum)?)$/;
/** What is told of changes, and what is computed of other metrics. */
const others =
  /_rate$|_peak(_sum|_min|_min_sum)?$|\.status_\w+$|Percentage|_pct|_ratio|\.(CpuUsagePct|lastchg|lastsess|Nbproc)/;

/** How long a slot waits for a node, 1.5 intervals; and what a poll, the node's own merging and a busy machine may add. */
const graceMs = 1_500;
const slackMs = 4_000;
/** Requests that were sent, and not counted yet, when a node was looked at. */
const onTheirWay = 10;
/** Of the counters that have a rate, those that this traffic moves. */
const rated = ['stot', 'conn_tot', 'req_tot', 'lbtot', 'bin', 'bout', 'hrsp_2xx', 'hrsp_4xx', 'dreq'];

/** Of what is tried again where the machine had no time for a poll; the last one must be right in any case. */
const maxAttempts = 6;

/** A slot of the cluster, and which. */
type Told = ClusterResult & { readonly second: number };

const inSeconds = (): number => Date.now() / 1_000;

describeWith(
  ['kafka', 'redis', 'haproxy', 'carbon'],
  'three nodes with two HAProxy processes each -> Kafka -> two processors with Redis: the numbers of their cluster',
  (servers) => {
    let directory: string;
    let carbon: CarbonServer;
    let client: KafkaClient;
    let world: ThreeNodes;
    let pipeline: Pipeline;

    /** Waits until the cluster has this slot and all before it that are told, and `isSo` of it. */
    function untilSlot(
      second: number,
      isSo: (result: ClusterResult) => boolean = ({ coverage }) => coverage.complete,
    ): Promise<Map<number, ClusterResult>> {
      return eventually(
        async () => {
          const results = await clusterResults(client);
          const since = [...results].filter(([at]) => at >= second);
          const told = since.map(([at, { coverage }]) => `${at - second}: ${JSON.stringify(coverage)}`);
          if (!since.some(([, result]) => isSo(result)))
            throw new Error(`no such slot since ${second}: ${told.join('; ')}`);
          return results;
        },
        { withinMs: 60_000, everyMs: 300 },
      );
    }

    const fromSockets = async (): Promise<Numbers> =>
      new Map(
        [...clusterNumbers(await world.say(), requestsSinceStart)].filter(([name]) => !moving.test(name)),
      );

    /** While nothing moves: what the sockets say, and what the cluster's slot says that was polled meanwhile. */
    function whileStill(): Promise<{ numbers: Numbers; second: number; result: ClusterResult }> {
      return eventually(
        async () => {
          const numbers = await fromSockets();
          const since = Math.ceil(inSeconds());
          const results = await untilSlot(since + 2);
          expect(await fromSockets()).toEqual(numbers);
          // Its changes are those since a slot that was polled meanwhile too; and another follows it, so that it is read as a whole.
          const isWhole = (second: number) => results.get(second)?.coverage.complete === true;
          const found = [...results].find(
            ([at]) => at > since && isWhole(at) && isWhole(at - 1) && results.has(at + 1),
          );
          if (!found) throw new Error(`no two complete slots since ${since}, and one more`);
          const [second, result] = found;
          return { numbers, second, result };
        },
        { withinMs: 60_000 },
      );
    }

    /** Paths and what Graphite holds for them at this second. */
    async function inGraphite(paths: Iterable<string>, second: number): Promise<Numbers> {
      const stored: Numbers = new Map();
      for (const path of paths) {
        const points = await carbon.points(`${prefix}.${path}`);
        const point = points.find(([at]) => at === second);
        if (point) stored.set(path, point[1]);
      }
      return stored;
    }

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'haproxystats-truth-'));
      const [kafka, redis, graphite] = await Promise.all([
        servers.kafka(),
        servers.redis(),
        servers.carbon(),
      ]);
      carbon = graphite;
      world = await ThreeNodes.start(servers, directory);
      client = createKafka(
        { brokers: kafka.brokers, clientId: 'test', requestTimeoutMs: 30_000, sessionTimeoutMs: 10_000 },
        silentLogger,
      );
      pipeline = await Pipeline.start(directory, { kafka, redis, carbon });
    });
    afterEach(() => {
      for (const program of pipeline.programs)
        if (program.child.exitCode) process.stderr.write(`${program.tail()}\n`);
    });
    afterAll(async () => {
      await world.stop();
      await pipeline.stop();
      await rm(directory, { recursive: true, force: true });
    });

    it('are the sums, ranges and means of what the six sockets say, in Kafka and in Graphite', async () => {
      await untilSlot(0);
      world.load.start();
      await pause(3_000);
      await world.load.stop();
      const { numbers, second, result } = await whileStill();
      expect(numbers.size).toBeGreaterThan(300);
      expect(wrong(numbers, result.numbers)).toEqual([]);
      const unexpected = [...result.numbers.keys()].filter(
        (path) => !numbers.has(path) && !moving.test(path) && !others.test(path),
      );
      expect(unexpected).toEqual([]);
      // The records have the columns of modules too.
      const sent = new Map([...numbers].filter(([path]) => !/\.(ssl|h1|h2|h3|quic|q?pack)_\w+$/.test(path)));
      await eventually(async () => expect(wrong(sent, await inGraphite(sent.keys(), second))).toEqual([]), {
        withinMs: 60_000,
      });
      expect(result.coverage).toMatchObject({ covered: 6, expected: 6, nodes_seen: 3, nodes_expected: 3 });
    });

    it('tell every request once while the processor is killed that makes them', async () => {
      for (let attempt = 1; ; attempt++) {
        const [from, before] = [Math.floor(inSeconds()), await fromSockets()];
        world.load.start();
        await pause(2_000);
        const owner = await pipeline.owner();
        await pipeline.processors.get(owner)!.stop('SIGKILL');
        await pause(2_000);
        await world.load.stop();
        const after = await whileStill();
        await pipeline.startProcessor(owner);
        const slots = slotsBetween(await clusterResults(client), from, after.second);
        const gaps = slots.filter(([, result]) => result?.coverage.complete !== true);
        // Where the machine had no time for a poll, the next rate is an average, and the missing slot has none of it.
        const replies = await polledReplies(client);
        const isMissed = gaps.some(([second]) => answersAt(replies, second, nodeNames) < 6);
        if (isMissed && attempt < maxAttempts) continue;
        expect(gaps).toEqual([]);
        const counted = increases(before, after.numbers);
        expect(counted.get(rate)).toBeGreaterThan(100);
        for (const [name, increase] of counted)
          expect([name, sum(slots.map(([, result]) => result!.numbers.get(name) ?? 0))]).toEqual([
            name,
            increase,
          ]);
        await eventually(
          async () => {
            const points = new Map(await carbon.points(`${prefix}.${rate}`));
            expect(sum(slots.map(([second]) => points.get(second) ?? 0))).toBe(counted.get(rate));
          },
          { withinMs: 60_000 },
        );
        return;
      }
    });

    it('say 2 of 3 while the processes of a node are dead, and fall by its share; its return is no spike', async () => {
      const told = await outage({
        begin: async () => {
          await Promise.all(world.haproxiesOf('lb3').map((haproxy) => haproxy.kill()));
        },
        end: async () => {
          const back = Math.floor(inSeconds());
          await Promise.all(world.haproxiesOf('lb3').map((haproxy) => haproxy.start()));
          return () => back;
        },
      });
      for (const { coverage } of told) expect(coverage).toMatchObject({ covered: 4, expected: 6 });
    });

    it('say 2 of 3 when grace is over while nothing comes of a node, and never tell what it did meanwhile', async () => {
      const [mortal] = world.haproxiesOf('lb3');
      const told = await outage({
        begin: async () => {
          await Promise.all([pipeline.pullers.get('lb3')!.stop('SIGKILL'), mortal!.kill()]);
        },
        end: async () => {
          await mortal!.start();
          await pipeline.startPuller('lb3');
          return () => polledSlots(pipeline.pullers.get('lb3')!)[0]!;
        },
      });
      const waited = told.map(({ second, firstAt }) => firstAt - second * 1_000);
      expect(Math.min(...waited)).toBeGreaterThanOrEqual(graceMs);
      expect(Math.min(...waited)).toBeLessThan(graceMs + slackMs);
    });

    interface Outage {
      readonly begin: () => Promise<void>;
      /** Answers what tells, later, from which second on the node's processes are seen again. */
      readonly end: () => Promise<() => number>;
    }

    /** Lets `lb3` be away under traffic; again where the machine had no time for a poll of the others. Answers the slots that were polled meanwhile. */
    async function outage(how: Outage): Promise<Told[]> {
      for (let attempt = 1; ; attempt++) {
        const told = await outageOnce(how, attempt < maxAttempts);
        if (told) return told;
      }
    }

    /** `mayMiss`: answers undefined where a poll is missing. */
    async function outageOnce({ begin, end }: Outage, mayMiss: boolean): Promise<Told[] | undefined> {
      // The slot in which the load before this one ended tells what was sent in it.
      const from = (await whileStill()).second + 1;
      const others = ['lb1', 'lb2'];
      const [all, ofOthers] = await Promise.all([requests(), requests(others)]);
      world.load.start();
      const steady = Math.ceil(inSeconds()) + 1;
      await untilSlot(steady + 3);
      const share = 1 - ((await requests(others)) - ofOthers) / ((await requests()) - all);
      const lastBefore = Math.floor(inSeconds()) - 1;
      await begin();
      const away = Math.ceil(inSeconds());
      await untilSlot(away + 6, isWithout);
      const back = Math.floor(inSeconds());
      const seenAgain = await end();
      await untilSlot(Math.ceil(inSeconds()) + 3);
      await world.load.stop();
      const until = Math.ceil(inSeconds());
      await untilSlot(until);
      const [results, replies] = [await clusterResults(client), await polledReplies(client)];
      const isPolled = (first: number, last: number, nodes: readonly string[]): boolean =>
        secondsBetween(first, last).every((second) => answersAt(replies, second, nodes) === 2 * nodes.length);
      if (mayMiss && !(isPolled(steady, lastBefore, nodeNames) && isPolled(away, back - 1, others)))
        return undefined;
      const rates = (first: number, last: number): number[] =>
        slotsBetween(results, first, last).map(([, result]) => result?.numbers.get(rate) ?? 0);
      const meanwhile = slotsBetween(results, away, back - 1).map(([second, result]) => ({
        second,
        ...result!,
      }));
      for (const { coverage } of meanwhile)
        expect(coverage).toMatchObject({ nodes_seen: 2, nodes_expected: 3, complete: false });
      await expectInGraphite(meanwhile);
      // A load that the node had no part in would not fall.
      expect(share).toBeGreaterThan(0.3);
      const { load } = world;
      /** What is told of these slots is what was sent from a poll in the second before them to one in the last. */
      const expectSent = (first: number, last: number, isMeant?: (name: string) => boolean): void => {
        const told = sum(rates(first, last));
        expect(told).toBeGreaterThan(load.countSent(first, last, isMeant) - onTheirWay);
        expect(told).toBeLessThan(load.countSent(first - 1, last + 1, isMeant) + onTheirWay);
      };
      expectSent(steady + 1, lastBefore);
      expectSent(away, back - 1, (name) => !name.startsWith('lb3/'));
      for (let second = back; second <= until; second++)
        expect(sum(rates(second, second))).toBeLessThan(load.countSent(second - 2, second + 1) + onTheirWay);
      const unseen = load.countSent(away, seenAgain(), (name) => name.startsWith('lb3/'));
      expect(sum(rates(from, until))).toBeLessThanOrEqual(
        load.countSent(from - 1, until) - unseen + onTheirWay,
      );
      return meanwhile;
    }

    async function expectInGraphite(slots: readonly Told[]): Promise<void> {
      const seconds = slots.map(({ second }) => second);
      const stored = async (path: string): Promise<(number | undefined)[]> => {
        const points = new Map(await carbon.points(`${prefix}.${path}`));
        return seconds.map((second) => points.get(second));
      };
      await eventually(
        async () => {
          expect(await stored(rate)).toEqual(slots.map(({ numbers }) => numbers.get(rate)));
          expect(await stored('coverage.nodes_seen')).toEqual(seconds.map(() => 2));
          expect(await stored('coverage.nodes_expected')).toEqual(seconds.map(() => 3));
          expect(await stored('coverage.complete')).toEqual(seconds.map(() => 0));
        },
        { withinMs: 60_000 },
      );
    }

    async function requests(among = nodeNames): Promise<number> {
      const all = (await world.say(among)).flat();
      return all.reduce((sum, said) => sum + Number(said.rows.get('frontend.web')!.get('req_tot')), 0);
    }

    it('have been at each slot what those said whose answers are in it, and what these counted since the one before', async () => {
      const [results, replies] = [await clusterResults(client), await polledReplies(client)];
      const checked = { whole: 0, partial: 0, others: 0 };
      // The newest may be read in part: its records lie in several partitions.
      for (const [second, { coverage, numbers }] of [...results].slice(0, -1)) {
        const now = replies.get(second) ?? new Map<string, Said>();
        const before = sameProcesses(replies.get(second - 1), now);
        if (!before || now.size !== coverage.covered) {
          checked.others++;
          continue;
        }
        const expected = clusterNumbers(nodesOf(now), requestsSince(before));
        const counted = countedSince(before, rated);
        expect([second, wrong(expected, numbers), wrong(counted, numbers)]).toEqual([second, [], []]);
        checked[coverage.complete ? 'whole' : 'partial']++;
      }
      process.stdout.write(`slots: ${JSON.stringify(checked)}\n`);
      expect(checked.whole).toBeGreaterThan(15);
      expect(checked.partial).toBeGreaterThanOrEqual(6);
    });
  },
);

const isWithout = ({ coverage }: ClusterResult): boolean => coverage.nodes_seen === 2;

/** By what each process says now what it said before; undefined where these are not the same processes. */
function sameProcesses(
  before: ReadonlyMap<string, Said> | undefined,
  now: ReadonlyMap<string, Said>,
): Map<Said, Said> | undefined {
  if (before?.size !== now.size) return undefined;
  const pairs = [...now].map(([name, said]) => [said, before.get(name)] as const);
  const isSame = pairs.every(([said, former]) => former?.info.get('Pid') === said.info.get('Pid'));
  return isSame ? new Map(pairs as [Said, Said][]) : undefined;
}

/** How many processes of these nodes have answered at this poll. */
function answersAt(
  replies: ReadonlyMap<number, ReadonlyMap<string, Said>>,
  second: number,
  nodes: readonly string[],
): number {
  const names = [...(replies.get(second)?.keys() ?? [])];
  return names.filter((name) => nodes.some((node) => name.startsWith(`${node} `))).length;
}

function secondsBetween(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function slotsBetween(
  results: ReadonlyMap<number, ClusterResult>,
  from: number,
  to: number,
): (readonly [number, ClusterResult | undefined])[] {
  return secondsBetween(from, to).map((second) => [second, results.get(second)] as const);
}

/** By the names of the rates: by how much counters are higher in `after`. */
function increases(before: Numbers, after: Numbers): Numbers {
  const counters = [...after].filter(([name]) => rated.includes(name.split('.').at(-1)!));
  return new Map(counters.map(([name, value]) => [`${name}_rate`, value - (before.get(name) ?? 0)]));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}

/** `NODE PROCESS` -> what it said, node by node. */
function nodesOf(replies: ReadonlyMap<string, Said>): Said[][] {
  const nodes = nodeNames.map((node) =>
    [...replies].flatMap(([name, said]) => (name.startsWith(`${node} `) ? [said] : [])),
  );
  return nodes.filter(({ length }) => length > 0);
}

/** They are quotients: their last digits differ. Times are weighed by older requests too, a little, also where the newest took none. */
const means = /\.([qcrt]time|Idle_pct|up|\w+_mean)$/;
const closeEnough = 1e-6;

function wrong(expected: Numbers, found: Numbers): string[] {
  return [...expected].flatMap(([path, value]) => {
    const number = found.get(path);
    const allowed = means.test(path) ? Math.max(1, Math.abs(value)) * closeEnough : 0;
    if (number !== undefined && Math.abs(number - value) <= allowed) return [];
    return `${path}: ${number ?? 'nothing'} for ${value}`;
  });
}
