import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessReply } from '@haproxystats/haproxy';
import {
  createKafka,
  createTopics,
  KafkaLogWriter,
  rawRecords,
  readFramePart,
  scanTopic,
  type KafkaClient,
} from '@haproxystats/messaging';
import { finishTable, type Frame } from '@haproxystats/metrics';
import { processorConfigOf, startProcessor, type RunningProcessor } from '@haproxystats/processor';
import { systemClock } from '@haproxystats/runtime';
import { Registry } from 'prom-client';
import { describeWith, eventually } from '../harness';
import { loadConfig } from '../support/load-config';
import { RecordedLog } from '../support/recorded-log';
import { wholeFrame } from '../support/whole-frame';

/** Long enough for leases that a busy machine lets nobody lose: a change of owners takes its time. */
const interval = 2_000;
const nodes = ['lb1', 'lb2', 'lb3'];
const processes = ['p1', 'p2'];
const shards = 3;

/** Counts up: what it says at a slot can be told from the slot. */
function countOf(node: string, process: string, slot: number): number {
  const which = nodes.indexOf(node) * processes.length + processes.indexOf(process);
  return ((slot / interval) % 1_000_000) * (which + 1);
}

function replyOf(node: string, process: string, slot: number): ProcessReply {
  const count = countOf(node, process, slot);
  const rows = [`web,FRONTEND,${count},0,`, `be,s1,${count},2,`, `only-${node},s1,1,2,`];
  const stat = Buffer.from(`# pxname,svname,stot,type,\n${rows.join('\n')}\n`);
  return { process, info: Buffer.from('Name: HAProxy\nVersion: 3.0.0\nTasks: 1\nPid: 7\n'), stat };
}

describeWith(
  ['kafka', 'redis'],
  'three nodes -> Kafka -> two processors with the roles node and cluster, and Redis, the cluster in shards',
  (servers) => {
    let client: KafkaClient;
    let raw: KafkaLogWriter;
    let log: RecordedLog;
    const processors: RunningProcessor[] = [];
    const registries: Registry[] = [];
    const polling = new Set(nodes);
    let isOver = false;
    let pollers: Promise<void>[];
    /** By slot, how many nodes were polled: where this process had no time, one may be left out. */
    const polled = new Map<number, number>();

    /** Polls on the grid as long as its node is among `polling`. */
    async function poll(node: string): Promise<void> {
      const source = randomUUID();
      for (let slot = 0; !isOver;) {
        const next = Math.floor(Date.now() / interval) * interval;
        if (next > slot && polling.has(node)) {
          const replies = processes.map((process) => replyOf(node, process, next));
          const about = {
            cluster: 'eu',
            node,
            source,
            slot: next,
            intervalMs: interval,
            startedAt: Date.now(),
          };
          await raw.append('haproxystats.raw.v1', rawRecords({ ...about, replies, failures: [] }));
          polled.set(next, (polled.get(next) ?? 0) + 1);
        }
        slot = next;
        await delay(50);
      }
    }

    async function frames(topic: 'node' | 'cluster'): Promise<Frame[]> {
      const all: Frame[] = [];
      const { signal } = new AbortController();
      const name = `haproxystats.frames.${topic}.v1`;
      await scanTopic(
        { kafka: client, topic: name, group: `test-${randomUUID()}`, clock: systemClock, signal },
        (entry) => Promise.resolve(void all.push(readFramePart(entry).frame)),
      );
      return all;
    }

    /** Of each slot, of which all shards are there, those with the highest coverage put together. */
    async function clusterFrames(): Promise<Map<number, Frame>> {
      const best = new Map<number, Frame[]>();
      for (const frame of await frames('cluster')) {
        const { slot, shard, coverage } = frame.head;
        const there = best.get(slot) ?? [];
        const before = there[shard!.index];
        if (!before || before.head.coverage.covered < coverage.covered) there[shard!.index] = frame;
        best.set(slot, there);
      }
      const whole = [...best].filter(([, there]) => there.filter(Boolean).length === shards);
      return new Map(whole.map(([slot, there]) => [slot, wholeFrame(there)]));
    }

    function totalOf({ tables }: Frame, kind: 'frontend' | 'server', row: number): number | undefined {
      const table = tables.find((each) => each.kind === kind);
      return table && finishTable(table, interval).metrics.find(({ name }) => name === 'stot')?.values[row];
    }

    async function untilSlot(slot: number): Promise<Map<number, Frame>> {
      return eventually(
        async () => {
          const found = await clusterFrames();
          expect(Math.max(...found.keys())).toBeGreaterThanOrEqual(slot);
          return found;
        },
        { withinMs: 60_000, everyMs: 500 },
      );
    }

    beforeAll(async () => {
      const [kafka, redis] = await Promise.all([servers.kafka(), servers.redis()]);
      log = new RecordedLog();
      const { settings, faults } = loadConfig(
        `[process]\nroles = node, cluster\n[cluster]\nshards = ${shards}\n[kafka]\nbrokers = ${kafka.brokers.join(',')}\nsession-timeout = 10\n[redis]\nurl = ${redis.url}\n`,
      );
      expect(faults).toEqual([]);
      const config = processorConfigOf(settings);
      client = createKafka(config.kafka!, log.logger);
      const admin = client.admin();
      await admin.connect();
      await createTopics(admin, 'haproxystats');
      await admin.disconnect();
      raw = new KafkaLogWriter({ kafka: client, clock: systemClock, logger: log.logger });
      pollers = nodes.map(poll);
      for (let i = 0; i < 2; i++) {
        const registry = new Registry();
        registries.push(registry);
        processors.push(await startProcessor(config, { registry, clock: systemClock, logger: log.logger }));
      }
      for (const processor of processors)
        processor.failure.catch((err: unknown) => log.logger.fatal({ err }, 'died'));
    });
    afterAll(async () => {
      isOver = true;
      await Promise.all(pollers);
      await Promise.all([...processors.map((each) => each.close()), raw.close()]);
      expect(log.texts('fatal', 'error')).toEqual([]);
    });

    it('a frame of the cluster is the sum of the frames of its nodes, complete as soon as the last of them is there', async () => {
      const until = Math.floor(Date.now() / interval + 8) * interval;
      const ofCluster = await untilSlot(until);
      const slots = [...ofCluster.keys()]
        .filter((slot) => slot < until && polled.get(slot) === nodes.length)
        .sort((a, b) => a - b);
      expect(slots.length).toBeGreaterThanOrEqual(5);
      for (const slot of slots.slice(2)) {
        const frame = ofCluster.get(slot)!;
        expect(frame.head).toMatchObject({
          scope: 'cluster',
          cluster: 'eu',
          node: '',
          coverage: { covered: 6, expected: 6 },
          nodes: { seen: 3, expected: 3, missing: [], keptOut: [] },
        });
        const all = nodes.flatMap((node) => processes.map((process) => countOf(node, process, slot)));
        const sum = all.reduce((a, b) => a + b, 0);
        expect([totalOf(frame, 'frontend', 0), totalOf(frame, 'server', 0)]).toEqual([sum, sum]);
        const servers = frame.tables.find(({ kind }) => kind === 'server')!;
        expect(servers.proxies).toEqual(['be', 'only-lb1', 'only-lb2', 'only-lb3']);
        const counts = servers.columns.find(({ field }) => field === 'nodes')!;
        expect([...counts.values]).toEqual([3, 1, 1, 1]);
      }
      const last = slots.at(-1)!;
      const ofNodes = Map.groupBy(
        (await frames('node')).filter(({ head }) => head.slot === last),
        ({ head }) => head.node,
      );
      const parts = [...ofNodes.values()].map((each) => totalOf(wholeFrame(each), 'frontend', 0)!);
      expect(parts.reduce((a, b) => a + b, 0)).toBe(totalOf(ofCluster.get(last)!, 'frontend', 0));
    });

    it('says 2 of 3 within grace when a node stops, and then that there are two; it returns and counts', async () => {
      polling.delete('lb3');
      const stopped = Math.floor(Date.now() / interval + 1) * interval;
      const without = await untilSlot(stopped + 8 * interval);
      const told = [...without]
        .filter(([slot]) => slot > stopped && slot < stopped + 8 * interval)
        .sort(([a], [b]) => a - b)
        .map(
          ([slot, { head }]) =>
            `${(slot - stopped) / interval}: ${head.nodes!.seen} of ${head.nodes!.expected} ${head.coverage.covered}/${head.coverage.expected}`,
        );
      expect(told[0]).toBe('1: 2 of 3 4/6');
      expect(told.at(-1)).toBe('7: 2 of 2 4/4');
      expect(log.texts('warn')).toContain('cluster eu: 2 of 3 nodes, without lb3');
      polling.add('lb3');
      const back = Math.floor(Date.now() / interval + 4) * interval;
      const again = await untilSlot(back + interval);
      expect(again.get(back)!.head.nodes).toMatchObject({ seen: 3, expected: 3 });
    });

    it('goes on through a change of owners without a hole', async () => {
      const from = Math.floor(Date.now() / interval) * interval;
      const owner = registries.map(async (registry) =>
        /cluster_frames_total\{coverage="complete"\} [1-9]/.test(await registry.metrics()),
      );
      const index = (await Promise.all(owner)).indexOf(true);
      expect(index).toBeGreaterThanOrEqual(0);
      await processors[index]!.close();
      processors.splice(index, 1);
      await untilSlot(from + 12 * interval);
      const ofThem = ([slot]: readonly [number, unknown]) => slot >= from && slot <= from + 11 * interval;
      const expected = [...polled].filter(ofThem).sort(([a], [b]) => a - b);
      expect(expected.length).toBeGreaterThan(6);
      await eventually(
        async () => {
          const found = [...(await clusterFrames())].filter(ofThem).sort(([a], [b]) => a - b);
          expect(found.map(([slot, { head }]) => [slot, head.nodes!.seen])).toEqual(expected);
        },
        { withinMs: 60_000 },
      );
    });
  },
);
