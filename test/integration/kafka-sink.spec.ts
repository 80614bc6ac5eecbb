import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createKafka,
  frameRecords,
  KafkaLogWriter,
  RecordDecoder,
  readRawChunk,
  scanTopic,
  type KafkaClient,
  type LogEntry,
  type MetricsRecord,
} from '@haproxystats/messaging';
import type { Frame } from '@haproxystats/metrics';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { resultTopics, schemaOf, subjectOf } from '../../libs/messaging/src/registry/subjects';
import { describeWith, eventually, freePort, type KafkaServer } from '../harness';
import { plain, type PlainRecord } from '../support/fake-encoder';
import { FakeRegistry } from '../support/fake-registry';
import { column } from '../support/frame-column';
import { frameHead, tableOf } from '../support/frames';
import { LineRelay } from '../support/line-relay';
import { polledSlots } from '../support/node-oracle';
import { Program } from '../support/program';
import { Site } from '../support/site';

const node = 'lb1.test';
const ports = { clock: systemClock, logger: silentLogger };
const framesTopic = 'haproxystats.frames.node.v1';
const metricsTopic = 'haproxystats.metrics.node.v1';

interface Read {
  readonly entry: LogEntry;
  readonly record: PlainRecord;
}

describeWith(
  ['kafka', 'haproxy'],
  'two HAProxy processes -> puller -> Kafka -> a processor with the roles node, graphite and kafka',
  (servers) => {
    let directory: string;
    let kafka: KafkaServer;
    let client: KafkaClient;
    let relay: LineRelay;
    let site: Site;
    let puller: Program;
    let processor: Program;
    let statusPort: number;

    async function configure(): Promise<string> {
      const file = join(directory, 'haproxystats.conf');
      await writeFile(
        file,
        `[paths]
base-dir = ${directory}/lib
[pull]
node = ${node}
socket-dir = ${directory}/sockets
pull-interval = 2
pull-timeout = 1.8
status-port = 0
[process]
roles = node, graphite, kafka
status-port = ${statusPort}
[kafka]
brokers = ${kafka.brokers.join(',')}
session-timeout = 6
[graphite]
server = ${relay.host}
port = ${relay.port}
`,
      );
      return file;
    }

    const startProcessor = (): Program =>
      Program.start('process', '-f', join(directory, 'haproxystats.conf'));

    async function counted(name: string): Promise<number> {
      const text = await (await fetch(`http://127.0.0.1:${statusPort}/metrics`)).text();
      return Number(new RegExp(`^haproxystats_processor_${name} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
    }

    /** What `of` makes of all that the topic holds now. */
    async function readAll<T>(
      topic: string,
      of: (entry: LogEntry) => T | undefined | Promise<T | undefined>,
    ): Promise<T[]> {
      const all: T[] = [];
      const { signal } = new AbortController();
      const group = `test-${Math.random()}`;
      await scanTopic({ kafka: client, topic, group, clock: systemClock, signal }, async (entry) => {
        const made = await of(entry);
        if (made !== undefined) all.push(made);
      });
      return all;
    }

    const read = (topic: string): Promise<Read[]> =>
      readAll(topic, (entry) => ({ entry, record: JSON.parse(entry.value.toString()) as PlainRecord }));

    /** The slots, in seconds, of which the raw topic has what a process has said: what a puller cannot deliver before it ends it keeps. */
    async function answeredSlots(): Promise<number[]> {
      const slots = await readAll('haproxystats.raw.v1', (entry) => {
        const { process, slot } = readRawChunk(entry);
        return process === '' ? undefined : slot / 1_000;
      });
      return [...new Set(slots)];
    }

    /** Waits for all parts of the node's only record. */
    function untilRead(of: string): Promise<Read[]> {
      return eventually(
        async () => {
          const found = (await read(metricsTopic)).filter(({ record }) => record.node === of);
          expect(found.length).toBeGreaterThanOrEqual(found[0]?.record.parts ?? 1);
          return found;
        },
        { withinMs: 60_000, everyMs: 1_000 },
      );
    }

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'haproxystats-kafka-sink-'));
      await mkdir(join(directory, 'sockets'));
      relay = new LineRelay(directory, 'relay');
      [kafka, statusPort] = await Promise.all([servers.kafka(), freePort()]);
      await relay.start('fast');
      site = await Site.start(servers, { directory: join(directory, 'sockets'), processes: 2 });
      const file = await configure();
      client = createKafka(
        { brokers: kafka.brokers, clientId: 'test', requestTimeoutMs: 30_000, sessionTimeoutMs: 10_000 },
        silentLogger,
      );
      expect(await Program.start('haproxystats', 'topics', '-f', file).exited).toBe(0);
      puller = Program.start('pull', '-f', file);
      processor = startProcessor();
    });
    afterEach(() => {
      for (const program of [puller, processor])
        if (program.child.exitCode) process.stderr.write(`${program.tail()}\n`);
    });
    afterAll(async () => {
      await Promise.all([puller, processor].map((program) => program.stop('SIGKILL')));
      await Promise.all([relay.kill(), site.stop()]);
      await rm(directory, { recursive: true, force: true });
    });

    it('writes a record of each proxy and slot, with the values that Graphite gets', async () => {
      await site.visit(200);
      await eventually(() => expect(polledSlots(puller).length).toBeGreaterThan(3), { withinMs: 60_000 });
      await puller.stop();
      const slots = await answeredSlots();
      const inRecords = await eventually(
        async () => {
          const numbers = numbersOf((await read(metricsTopic)).map(({ record }) => record));
          for (const slot of slots) expect(numbers.has(`${node} ${slot} daemon CurrConns`)).toBe(true);
          return numbers;
        },
        { withinMs: 60_000, everyMs: 1_000 },
      );
      const inGraphite = await eventually(
        async () => {
          const lines = graphiteNumbers(await readFile(relay.lines, 'utf8'));
          for (const slot of slots) expect(lines.has(`${node} ${slot} daemon CurrConns`)).toBe(true);
          return lines;
        },
        { withinMs: 60_000, everyMs: 250 },
      );
      const wrong = [...inGraphite].filter(([name, value]) => inRecords.get(name) !== value);
      expect(wrong.slice(0, 10)).toEqual([]);
      expect(inGraphite.size).toBeGreaterThan(slots.length * 500);
    });

    it('keys them by cluster, node, kind and proxy, and says in headers how complete they are', async () => {
      const all = await read(metricsTopic);
      for (const { entry, record } of all) {
        const { cluster, kind, proxy, slot } = record;
        expect(entry.key).toBe(`${cluster}/${node}/${kind}/${proxy}`);
        expect(entry.headers).toEqual({
          'hs-v': '1',
          'hs-slot': String(slot),
          'hs-scope': 'node',
          'hs-covered': '2',
          'hs-expected': '2',
        });
        expect(record).toMatchObject({ coverage: { complete: true }, part: 0, parts: 1 });
      }
      const slots = Map.groupBy(all, ({ record }) => record.slot);
      const records = [...slots.values()].map((of) => of.length);
      // Daemon, 2 processes, 3 frontends, 3 backends and more: the same at each slot, and each once.
      expect(new Set(records).size).toBe(1);
      expect(new Set(all.map(({ entry, record }) => `${entry.key} ${record.slot}`)).size).toBe(all.length);
      expect(await counted('result_records_total')).toBe(all.length);
      expect(await counted('registry_failures_total')).toBe(0);
    });

    it('keeps the slots of a key in order', async () => {
      const slots = Map.groupBy(await read(metricsTopic), ({ entry }) => entry.key);
      for (const of of slots.values()) {
        const seen = of.map(({ record }) => record.slot);
        expect(seen).toEqual([...seen].sort((a, b) => a - b));
      }
    });

    it('is killed in the middle of a frame: afterwards that comes whole, with all servers of its backend', async () => {
      const writer = new KafkaLogWriter({ kafka: client, ...ports });
      const parts = frameRecords(largeFrame('torn.test'));
      expect(parts.length).toBeGreaterThan(2);
      await writer.append(framesTopic, parts.slice(0, -1));
      // What comes behind in the same partition is delivered and committed before the rest is there.
      const marker = { ...largeFrame('other.test', 1) };
      await writer.append(framesTopic, frameRecords(marker));
      await untilRead('other.test');
      await eventually(async () => expect(await lagOf()).toBe(0), { withinMs: 60_000 });
      await processor.stop('SIGKILL');
      expect(
        await read(metricsTopic).then((all) => all.some(({ record }) => record.node === 'torn.test')),
      ).toBe(false);
      processor = startProcessor();
      await writer.append(framesTopic, parts.slice(-1));
      const found = await untilRead('torn.test');
      await writer.close();
      expect(found.map(({ record }) => [record.proxy, record.part, record.parts])).toEqual([
        ['app', 0, found.length],
        ...found.slice(1).map((_, i) => ['app', i + 1, found.length]),
      ]);
      expect(found.flatMap(({ record }) => record.servers.map(({ name }) => name))).toEqual(serverNames);
      expect((await read(metricsTopic)).filter(({ record }) => record.node === 'other.test')).toHaveLength(1);
    });

    it('waits for a registry that does not answer; then all comes in Avro, and more when the registry is gone again', async () => {
      const registry = new FakeRegistry();
      let isGone = false;
      registry.instead = () => undefined;
      const url = await registry.start();
      const file = join(directory, 'avro.conf');
      const port = await freePort();
      await writeFile(
        file,
        `[process]\nroles = kafka\nstatus-port = ${port}\n[kafka]\nbrokers = ${kafka.brokers.join(',')}\n` +
          `group-prefix = avro\n[registry]\nurl = ${url}\ntimeout = 0.5\n`,
      );
      const inJson = await read(metricsTopic);
      const avro = Program.start('process', '-f', file);
      try {
        await eventually(() => expect(avro.lines(/no values can be made yet/).length).toBe(1), {
          withinMs: 60_000,
        });
        await eventually(async () => expect(await lagOf(port)).toBeGreaterThan(0), { withinMs: 60_000 });
        for (const topic of resultTopics) registry.put(subjectOf('haproxystats', topic), schemaOf(topic));
        registry.instead = undefined;
        await eventually(async () => expect(await lagOf(port)).toBe(0), { withinMs: 60_000 });
        const decoder = new RecordDecoder({ url });
        const inAvro = await readAll(metricsTopic, async ({ value }) =>
          value[0] === 0 ? plain((await decoder.decodeMetrics(value)) as MetricsRecord) : undefined,
        );
        const expected = [...numbersOf(inJson.map(({ record }) => record))];
        const found = numbersOf(inAvro);
        expect(found.size).toBe(expected.length);
        expect(expected.filter(([name, value]) => found.get(name) !== value).slice(0, 10)).toEqual([]);
        await registry.stop();
        isGone = true;
        const writer = new KafkaLogWriter({ kafka: client, ...ports });
        await writer.append(framesTopic, frameRecords(largeFrame('later.test', 1)));
        await writer.close();
        await eventually(
          async () => {
            const keys = await readAll(metricsTopic, ({ key, value }) => (value[0] === 0 ? key : undefined));
            expect(keys).toContain('eu/later.test/backend/app');
          },
          { withinMs: 60_000, everyMs: 1_000 },
        );
      } finally {
        await avro.stop('SIGKILL');
        if (!isGone) await registry.stop();
      }
    });

    async function lagOf(port = statusPort): Promise<number> {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const lags = text.matchAll(/^haproxystats_processor_lag_records\{role="kafka"[^}]*\} (\d+)/gm);
      return [...lags].reduce((sum, [, lag]) => sum + Number(lag), 0);
    }
  },
);

const serverNames = Array.from({ length: 1_200 }, (_, i) => `s${i}`);

/** A backend with numbers that do not compress. */
function largeFrame(of: string, servers = serverNames.length): Frame {
  const names = serverNames.slice(0, servers).map((name) => `app/${name}`);
  const columns = Array.from({ length: servers > 1 ? 250 : 1 }, (_, i) =>
    column(
      { name: `c${i}`, rule: 'sum' },
      'sum',
      names.map(() => Math.random()),
    ),
  );
  return {
    head: frameHead({ node: of, slot: Math.floor(Date.now() / 1_000) * 1_000 }),
    tables: [tableOf('backend', ['app'], [column('stot', 'sum', [1])]), tableOf('server', names, columns)],
  };
}

/** `NODE SLOT PATH METRIC`, the path as below `haproxy.` in Graphite. */
function numbersOf(all: readonly PlainRecord[]): Map<string, number> {
  const numbers = new Map<string, number>();
  const put = (at: string, metrics: PlainRecord['metrics']): void => {
    for (const [name, value] of Object.entries(metrics)) numbers.set(`${at} ${segment(name)}`, value);
  };
  for (const record of all) {
    const { node: of, kind, proxy, slot } = record;
    const path = kind === 'daemon' ? 'daemon' : `${kind}.${segment(proxy)}`;
    const at = `${of} ${slot / 1_000} ${path}`;
    put(at, record.metrics);
    for (const { name, metrics } of record.servers) put(`${at}.server.${segment(name)}`, metrics);
    for (const { name, metrics } of record.listeners) put(`${at}.listener.${segment(name)}`, metrics);
  }
  return numbers;
}

/** Without those on the work itself, which are no statistics of HAProxy's. */
function graphiteNumbers(text: string): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, path, name, value, slot] =
      /^loadbalancers\.lb1_test\.haproxy\.((?:daemon|frontend|backend)[^ ]*)\.([^ .]+) (\S+) (\d+)$/.exec(
        line,
      ) ?? [];
    if (path !== undefined) numbers.set(`${node} ${slot} ${path} ${name}`, Number(value));
  }
  return numbers;
}

function segment(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_:-]/g, '_');
}
