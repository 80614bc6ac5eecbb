import { setTimeout as pause } from 'node:timers/promises';
import { createKafka } from '@haproxystats/messaging';
import { silentLogger } from '@haproxystats/runtime';
import { eventually } from '../harness';
import { addCsv, pathOf, type Sums } from '../support/show-stat';
import { Composed } from './composed';
import { rendered, type Series } from './rendered';

const intervalMs = 10_000;
const everySecond = intervalMs / 1_000;
const cluster = 'loadbalancers.clusters.demo.haproxy';
const nodes = ['loadbalancers.lb1.haproxy', 'loadbalancers.lb2.haproxy'] as const;
/** What the traffic of docker-compose.yml sends in a second, by node. */
const sentTo = { [nodes[0]]: 18, [nodes[1]]: 10, [cluster]: 28 };
/** Of a rate over a minute and more: the requests of the first and the last moment may be of another slot. */
const tolerated = 0.03;
/** After the last slot: all have found the broker again, members that were killed are missed after 30 s, and what waited is sent. */
const catchesUpWithinMs = 300_000;
const ask = `
const { connect } = require('node:net');
connect('/run/haproxy/' + process.argv[1] + '.sock').on('connect', function () { this.write('show stat\\n'); }).pipe(process.stdout);`;

const now = (): number => Math.floor(Date.now() / 1_000);
const slotsBetween = (first: number, last: number): number[] =>
  Array.from({ length: (last - first) / everySecond + 1 }, (_, i) => first + i * everySecond);

describe('docker compose up', () => {
  let demo: Composed;
  /** The first slot that the whole cluster has, and for which each node has a rate: the first poll of a process has none. */
  let first: number;

  const seen = (path: string): Promise<Series> => rendered(demo.ports.graphite, path, first);

  /** Rejects while a slot from the first to this one is missing, or covers less than everything. */
  async function expectEverySlotUntil(last: number): Promise<void> {
    const wanted = new Map(slotsBetween(first, last).map((slot) => [slot, 1]));
    for (const prefix of [...nodes, cluster]) {
      const complete = await seen(`${prefix}.coverage.complete`);
      const rates = await seen(`${prefix}.frontend.www.req_tot_rate`);
      expect([prefix, ...[...complete].filter(([slot]) => slot <= last)]).toEqual([prefix, ...wanted]);
      const rated = [...rates.keys()].filter((slot) => slot <= last);
      expect([prefix, ...rated]).toEqual([prefix, ...wanted.keys()]);
    }
  }

  /** What both processes of each load balancer have counted. */
  async function fromSockets(...pullers: readonly string[]): Promise<Sums> {
    const sums: Sums = new Map();
    for (const puller of pullers)
      for (const name of ['a', 'b']) addCsv(sums, await demo.exec(puller, 'node', '--eval', ask, name));
    return new Map([...sums].filter(([entity]) => !entity.startsWith('health ')));
  }

  /** What the traffic generator says it has sent, and what of it was answered, once it has ended. */
  async function stopTraffic(): Promise<{ sent: number; answered: number }> {
    await demo.compose('stop', 'traffic');
    const told = (await demo.logs('traffic')).trim().split('\n').at(-1)!;
    const { sent, answered } = JSON.parse(told) as Record<'sent' | 'answered', Record<string, number>>;
    const sum = (counts: Record<string, number>): number =>
      Object.values(counts).reduce((all, count) => all + count, 0);
    return { sent: sum(sent), answered: sum(answered) };
  }

  beforeAll(async () => {
    demo = await Composed.of('demo');
    await demo.up();
    first = now() - 600;
    first = await eventually(
      async () => {
        const complete = await seen(`${cluster}.coverage.complete`);
        const rates = await Promise.all(
          [...nodes, cluster].map((prefix) => seen(`${prefix}.frontend.www.req_tot_rate`)),
        );
        const slot = [...complete.keys()].find(
          (each) => complete.get(each) === 1 && rates.every((of) => of.has(each)),
        );
        if (slot === undefined) throw new Error('Graphite has no whole slot of the cluster');
        return slot;
      },
      { withinMs: 120_000, everyMs: 1_000 },
    );
  });
  afterAll(async () => {
    const left = await demo.down();
    expect(left).toEqual([]);
  });

  it('shows the fleet as complete', async () => {
    const report = await eventually(
      async () =>
        JSON.parse(await demo.exec('processor-1', 'haproxystats', 'fleet', '--json')) as {
          isComplete: boolean;
          clusters: { cluster: string; nodes: { node: string; processes: unknown[] }[] }[];
        },
      { withinMs: 60_000, everyMs: 1_000 },
    );
    const shown = report.clusters.map(({ cluster: name, nodes: of }) => [
      name,
      ...of.map(({ node, processes }) => `${node} ${processes.length}`),
    ]);
    expect([report.isComplete, ...shown]).toEqual([true, ['demo', 'lb1 2', 'lb2 2']]);
  });

  it('gives the records and their schemas to programs outside of Docker', async () => {
    const kafka = createKafka(
      {
        brokers: [`localhost:${demo.ports.kafka}`],
        clientId: 'test',
        requestTimeoutMs: 10_000,
        sessionTimeoutMs: 10_000,
      },
      silentLogger,
    );
    const admin = kafka.admin();
    await admin.connect();
    for (const name of ['metrics.node.v1', 'metrics.cluster.v1'])
      await eventually(
        async () => {
          const offsets = await admin.fetchTopicOffsets(`haproxystats.${name}`);
          const counted = offsets.reduce((all, { high }) => all + Number(high), 0);
          expect([name, counted > 0]).toEqual([name, true]);
        },
        { withinMs: 60_000 },
      );
    await admin.disconnect();
    const subjects = await fetch(`http://127.0.0.1:${demo.ports.registry}/apis/ccompat/v7/subjects`);
    expect(await subjects.json()).toHaveLength(3);
  });

  it('has every slot of both nodes and of the cluster, also when a processor is killed and Kafka is', async () => {
    await pause(2 * intervalMs);
    await demo.compose('kill', '--signal', 'SIGKILL', 'processor-1');
    await pause(5 * intervalMs);
    await demo.compose('start', 'processor-1');
    await pause(2 * intervalMs);
    await demo.compose('kill', '--signal', 'SIGKILL', 'kafka');
    await pause(2 * intervalMs);
    await demo.compose('start', 'kafka');
    await pause(3 * intervalMs);
    const last = Math.floor(now() / everySecond) * everySecond;
    await eventually(() => expectEverySlotUntil(last), { withinMs: catchesUpWithinMs, everyMs: 2_000 });

    for (const [prefix, perSecond] of Object.entries(sentTo)) {
      const total = await seen(`${prefix}.frontend.www.req_tot`);
      const rates = await seen(`${prefix}.frontend.www.req_tot_rate`);
      const counted = total.get(last)! - total.get(first)!;
      const increments = slotsBetween(first + everySecond, last).map(
        (slot) => rates.get(slot)! * everySecond,
      );
      expect(Math.round(increments.reduce((sum, each) => sum + each, 0))).toBe(counted);
      const off = counted / (last - first) / perSecond - 1;
      expect([prefix, Math.abs(off) < tolerated || off]).toEqual([prefix, true]);
    }
  });

  it('has the numbers of the sockets, and the requests that were sent', async () => {
    const { sent, answered } = await stopTraffic();
    const of = [
      [nodes[0], await fromSockets('puller-1')],
      [nodes[1], await fromSockets('puller-2')],
      [cluster, await fromSockets('puller-1', 'puller-2')],
    ] as const;
    const slot = Math.ceil(now() / everySecond) * everySecond;
    const asked = of[2][1].get('www FRONTEND')!;
    expect(answered).toBe(sent);
    expect([...asked].filter(([name]) => name.startsWith('hrsp')).reduce((all, [, n]) => all + n, 0)).toBe(
      sent,
    );
    await eventually(() => expectEverySlotUntil(slot), { withinMs: 60_000, everyMs: 1_000 });
    for (const [prefix, sums] of of) {
      expect(sums.size).toBeGreaterThan(6);
      for (const [entity, counters] of sums) {
        const wanted = [...counters].map(
          ([counter, value]) => [pathOf(prefix, entity, counter), value] as const,
        );
        const shown = await Promise.all(
          wanted.map(async ([path]) => [path, (await seen(path)).get(slot)] as const),
        );
        expect(shown).toEqual(wanted);
      }
    }
  });

  it('goes on with 3 of 4 processes, and says so, when one is stopped', async () => {
    await demo.compose('stop', 'lb2-b');
    const since = now();
    const newest = async (path: string): Promise<number | undefined> => {
      const series = await seen(path);
      return [...series].filter(([slot]) => slot > since).at(-1)?.[1];
    };
    const expectCoverage = async (prefix: string, covered: number, expected: number): Promise<void> => {
      const shown = await Promise.all(
        ['covered', 'expected', 'complete'].map((name) => newest(`${prefix}.coverage.${name}`)),
      );
      expect([prefix, ...shown]).toEqual([prefix, covered, expected, Number(covered === expected)]);
    };
    await eventually(
      async () => {
        await expectCoverage(nodes[0], 2, 2);
        await expectCoverage(nodes[1], 1, 2);
        await expectCoverage(cluster, 3, 4);
      },
      { withinMs: 60_000, everyMs: 1_000 },
    );
    const gone = /node lb2: process \/run\/haproxy\/b\.sock is gone/;
    await eventually(async () => expect(await demo.logs('processor-1', 'processor-2')).toMatch(gone), {
      withinMs: 60_000,
      everyMs: 1_000,
    });
    await demo.compose('start', 'lb2-b');
    await eventually(() => expectCoverage(cluster, 4, 4), { withinMs: 60_000, everyMs: 1_000 });
  });
});
