import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKafka, eventKey, scanTopic, type KafkaClient } from '@haproxystats/messaging';
import type { HaproxyEvent } from '@haproxystats/metrics';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { describeWith, eventually, freePort, type HAProxyServer, type KafkaServer } from '../harness';
import { polledSlots } from '../support/node-oracle';
import { Program } from '../support/program';
import { reload } from '../support/reload';

const topic = 'haproxystats.events.v1';
const intervalMs = 1_000;
const patience = { withinMs: 60_000, everyMs: 500 };

describeWith(
  ['kafka', 'haproxy'],
  'a HAProxy with health checks -> puller -> Kafka -> a processor with the roles node and events',
  (servers) => {
    let directory: string;
    let kafka: KafkaServer;
    let client: KafkaClient;
    let haproxy: HAProxyServer;
    let origin: Server | undefined;
    let ports: { readonly web: number; readonly origin: number };
    const pullers: Program[] = [];
    const processors: Program[] = [];

    const haproxyConfig = () => `global
  hard-stop-after 60s
  close-spread-time infinite
  stats socket ${directory}/stats.sock mode 600 level admin
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 1s
frontend web
  bind 127.0.0.1:${ports.web}
  http-request return status 200 if { path /held }
  default_backend app
backend app
  server one 127.0.0.1:${ports.origin} check inter 200 fall 2 rise 2
  server two 127.0.0.1:${ports.origin}
`;

    const settings = (node: string) => `[paths]
base-dir = ${directory}/${node}
[pull]
node = ${node}
servers = unix://${directory}/stats.sock
master-socket = unix://${directory}/master.sock
pull-interval = ${intervalMs / 1_000}
pull-timeout = 0.8
status-port = 0
[process]
roles = node, events
status-port = 0
[events]
absent-after = 4
[kafka]
brokers = ${kafka.brokers.join(',')}
session-timeout = 6
`;

    async function start(name: 'pull' | 'process', node = 'lb1.test'): Promise<Program> {
      const file = join(directory, `${node}.conf`);
      await writeFile(file, settings(node));
      const program = Program.start(name, '-f', file);
      (name === 'pull' ? pullers : processors).push(program);
      return program;
    }

    /** What the topic holds now: each event once, in the order of its offset. */
    async function events(): Promise<HaproxyEvent[]> {
      const all = new Map<string, HaproxyEvent>();
      const { signal } = new AbortController();
      const group = `test-${Math.random()}`;
      await scanTopic({ kafka: client, topic, group, clock: systemClock, signal }, ({ key, value }) => {
        const event = JSON.parse(value.toString()) as HaproxyEvent;
        expect(key).toBe(eventKey(event));
        if (!all.has(event.id)) all.set(event.id, event);
        return Promise.resolve();
      });
      return [...all.values()];
    }

    const told = async (entity: string, node = 'lb1.test') =>
      (await events())
        .filter((event) => event.entity === entity && event.node === node)
        .toSorted((a, b) => a.slot - b.slot);

    async function serve(): Promise<void> {
      origin = createServer((_, response) => response.end('ok'));
      origin.listen(ports.origin, '127.0.0.1');
      await once(origin, 'listening');
    }

    async function goAway(): Promise<void> {
      origin?.close();
      origin?.closeAllConnections();
      origin = undefined;
      await systemClock.sleep(10);
    }

    /** A connection that keeps an old worker alive. */
    async function held(): Promise<Socket> {
      const socket = connect(ports.web, '127.0.0.1');
      socket.write('GET /held HTTP/1.1\r\nHost: a\r\n\r\n');
      await once(socket, 'data');
      return socket;
    }

    /** So many more slots are polled. */
    async function pass(slots: number, puller = pullers[0]!): Promise<void> {
      const until = polledSlots(puller).length + slots;
      await eventually(() => expect(polledSlots(puller).length).toBeGreaterThanOrEqual(until), patience);
    }

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'haproxystats-events-'));
      ports = { web: await freePort(), origin: await freePort() };
      await serve();
      kafka = await servers.kafka();
      const args = ['-W', '-S', `unix@${directory}/master.sock,level,operator`];
      haproxy = await servers.haproxy({ config: haproxyConfig(), directory, args });
      client = createKafka(
        { brokers: kafka.brokers, clientId: 'test', requestTimeoutMs: 30_000, sessionTimeoutMs: 10_000 },
        silentLogger,
      );
      await start('pull');
      const topics = Program.start('haproxystats', 'topics', '-f', join(directory, 'lb1.test.conf'));
      if ((await topics.exited) !== 0) throw new Error(topics.tail());
      await start('process');
      await pass(8);
    });
    afterEach(() => {
      for (const program of [...pullers, ...processors])
        if (program.child.exitCode) process.stderr.write(`${program.tail()}\n`);
    });
    afterAll(async () => {
      await Promise.all([...pullers, ...processors].map((program) => program.stop('SIGKILL')));
      await haproxy.stop();
      await goAway();
      await rm(directory, { recursive: true, force: true });
    });

    it('tells nothing where nothing has happened', async () => {
      expect(await events()).toEqual([]);
    });

    it('tells that a server went down and came up again, also where the processor is killed in between', async () => {
      await goAway();
      await eventually(async () => expect(await told('server app/one')).toHaveLength(1), patience);
      const [down] = await told('server app/one');
      expect(down).toMatchObject({ type: 'server_state', cluster: 'default', from: 'UP', to: 'DOWN' });
      expect(down!.detail).toBe('L4CON: Connection refused');
      expect(Math.abs(Date.now() - down!.slot)).toBeLessThan(30_000);
      const line = processors[0]!.lines(/^node lb1\.test: server app\/one: UP -> DOWN \(L4CON/);
      expect(line).toMatchObject([{ level: 'warn', event: { id: down!.id } }]);
      await processors[0]!.stop('SIGKILL');
      await serve();
      await pass(3);
      await start('process');
      await eventually(async () => expect(await told('server app/one')).toHaveLength(2), patience);
      const [, up] = await told('server app/one');
      expect(up).toMatchObject({ from: 'DOWN', to: 'UP' });
      expect(up!.slot).toBeGreaterThan(down!.slot);
      const lasted = up!.slot - down!.slot;
      expect(Math.abs(up!.duration_ms! - lasted)).toBeLessThanOrEqual(2 * intervalMs);
      expect(await told('server app/two')).toEqual([]);
    });

    it('tells of a reload, and of the end of the old worker, and nothing of its closed frontends', async () => {
      const before = (await events()).length;
      const socket = await held();
      await reload({ master: `${directory}/master.sock`, stats: `${directory}/stats.sock` });
      const entity = `process ${directory}/stats.sock`;
      await eventually(async () => expect(await told(entity)).toHaveLength(1), patience);
      const [reloaded] = await told(entity);
      expect(reloaded).toMatchObject({ type: 'process_reloaded' });
      expect(reloaded!.from).not.toBe(reloaded!.to);
      await pass(4);
      expect(await events()).toHaveLength(before + 1);
      socket.destroy();
      const master = `process ${directory}/master.sock`;
      await eventually(async () => expect(await told(master)).toHaveLength(1), patience);
      expect(await told(master)).toMatchObject([{ type: 'process_gone', from: reloaded!.from, to: '' }]);
      expect(await events()).toHaveLength(before + 2);
    });

    it('tells of a node that joins and leaves', async () => {
      const puller = await start('pull', 'lb2.test');
      await eventually(async () => expect(await told('node', 'lb2.test')).toHaveLength(1), patience);
      await pass(2, puller);
      await puller.stop();
      await eventually(async () => expect(await told('node', 'lb2.test')).toHaveLength(2), patience);
      const both = await told('node', 'lb2.test');
      expect(both.map(({ type }) => type)).toEqual(['node_joined', 'node_left']);
      expect(both[1]!.duration_ms).toBe(both[1]!.slot - both[0]!.slot);
      expect((await events()).filter(({ node }) => node === 'lb2.test')).toHaveLength(2);
      expect(processors.at(-1)!.lines(/^node lb2\.test: left after/)).toHaveLength(1);
    });

    it('tells of a process that is gone', async () => {
      await haproxy.kill();
      const entity = `process ${directory}/stats.sock`;
      await eventually(async () => expect((await told(entity)).at(-1)?.type).toBe('process_gone'), patience);
      expect((await told(entity)).at(-1)).toMatchObject({ to: '', detail: 'refused' });
    });
  },
);
