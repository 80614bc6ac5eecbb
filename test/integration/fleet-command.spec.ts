import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKafka, frameRecords, KafkaLogWriter, withAdmin } from '@haproxystats/messaging';
import type { Frame, FrameHead } from '@haproxystats/metrics';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { describeWith, eventually, freePort, type KafkaServer } from '../harness';
import { column } from '../support/frame-column';
import { frameHead, tableOf } from '../support/frames';
import { Program } from '../support/program';

const slot = Math.floor(Date.now() / 10_000) * 10_000;
/** Longer than the frames are looked at: nobody may count as silent on a slow machine. */
const intervalMs = 60_000;
const nodeTopic = 'haproxystats.frames.node.v1';
const clusterTopic = 'haproxystats.frames.cluster.v1';

function nodeFrame(node: string, change: Partial<FrameHead> = {}): Frame {
  const life = { process: '/run/1.sock', pid: 4711, startedAt: slot - 7_200_000, version: '3.0.5' };
  return {
    head: frameHead({ cluster: 'edge', node, slot, intervalMs, processes: [life], ...change }),
    tables: [],
  };
}

function clusterFrame(at: number): Frame {
  const nodes = { seen: 2, expected: 2, missing: [], keptOut: [] };
  const drift = column({ name: 'drift', rule: 'max' }, 'max', [0, 1]);
  return {
    head: frameHead({
      scope: 'cluster',
      cluster: 'edge',
      node: '',
      slot: at,
      intervalMs,
      coverage: { covered: 2, expected: 2 },
      nodes,
    }),
    tables: [tableOf('server', ['web/s1', 'web/s2'], [drift])],
  };
}

interface Ended {
  readonly status: number | null;
  readonly lines: string[];
  readonly said: string;
}

async function fleet(...args: string[]): Promise<Ended> {
  const program = Program.start('haproxystats', 'fleet', ...args);
  const status = await program.exited;
  return { status, lines: program.output.split('\n').slice(0, -1), said: program.complaints.join('\n') };
}

/** Ages and times differ from run to run. */
function steady(line: string): string {
  return line
    .replace(/\d\d:\d\d:\d\dZ/, 'hh:mm:ssZ')
    .replace(/ +-?\d+ s +-?\d[\d.]* s/, ' AGE DELAY')
    .replace(/up \d+ \w+/, 'up TIME')
    .replace(/ {2,}/g, '  ');
}

describe('haproxystats fleet without Kafka', () => {
  it('says what it needs', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'haproxystats-fleet-'));
    const conf = join(directory, 'haproxystats.conf');
    await writeFile(conf, `[paths]\nbase-dir = ${directory}\n`);
    expect(await fleet('-f', conf)).toEqual({
      status: 2,
      lines: [],
      said: "the fleet is read from Kafka: set 'brokers' in section [kafka]",
    });
    await rm(directory, { recursive: true });
  });
});

describeWith(['kafka'], 'haproxystats fleet', (servers) => {
  let directory: string;
  let server: KafkaServer;
  let conf: string;
  let writer: KafkaLogWriter;

  const kafka = () =>
    createKafka(
      { brokers: server.brokers, clientId: 'test', requestTimeoutMs: 10_000, sessionTimeoutMs: 10_000 },
      silentLogger,
    );
  const append = (topic: string, ...frames: Frame[]): Promise<void> =>
    writer.append(
      topic,
      frames.flatMap((frame) => frameRecords(frame)),
    );

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'haproxystats-fleet-'));
    server = await servers.kafka();
    conf = join(directory, 'haproxystats.conf');
    await writeFile(conf, `[process]\nroles = node\n[kafka]\nbrokers = ${server.brokers.join(',')}\n`);
    writer = new KafkaLogWriter({ kafka: kafka(), clock: systemClock, logger: silentLogger });
  });
  afterAll(async () => {
    await writer.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('needs its topics, and something in them', async () => {
    expect(await fleet('-f', conf)).toEqual({
      status: 1,
      lines: [],
      said: `topic ${nodeTopic} does not exist: run 'haproxystats topics' once`,
    });
    expect(await Program.start('haproxystats', 'topics', '-f', conf).exited).toBe(0);
    // A broker that has just been started may not know yet who coordinates a group: then that is left out, and logged.
    await eventually(
      async () => {
        const { status, lines, said } = await fleet('-f', conf, '--cluster', 'edge');
        expect([status, said.replace(/since .*Z/, 'since T')]).toEqual([
          3,
          'no frames of cluster edge since T: see --since',
        ]);
        expect(lines.map(steady)).toEqual([
          'GROUP  TOPIC  BEHIND',
          'haproxystats-node  haproxystats.raw.v1  -',
        ]);
      },
      { withinMs: 60_000 },
    );
  });

  it('shows clusters and nodes, what each process is, and how far the roles are behind', async () => {
    await append(nodeTopic, nodeFrame('lb1', { slot: slot - 10_000 }), nodeFrame('lb2'), nodeFrame('lb1'));
    await append(clusterTopic, clusterFrame(slot - 10_000), clusterFrame(slot));
    await withAdmin(kafka(), async (admin) => {
      const offsets = await admin.fetchTopicOffsets(nodeTopic);
      const partitions = offsets.map(({ partition, high }) => ({
        partition,
        offset: String(Math.max(0, Number(high) - 2)),
      }));
      await admin.setOffsets({ groupId: 'haproxystats-graphite', topic: nodeTopic, partitions });
    });
    const { status, lines, said } = await fleet('-f', conf, '--since', '5m', '--processes', '--drift');
    expect(said).toBe('');
    expect(lines.map(steady)).toEqual([
      'CLUSTER / NODE  NODES  PROCS  VERSIONS  LAST SLOT  AGE  DELAY  DRIFT  STATE',
      'edge  2/2  2/2  3.0.5  hh:mm:ssZ AGE DELAY  1  complete',
      '  drift web/s2',
      '  lb1  1/1  3.0.5  hh:mm:ssZ AGE DELAY  complete',
      '  /run/1.sock  pid 4711  3.0.5  up TIME',
      '  lb2  1/1  3.0.5  hh:mm:ssZ AGE DELAY  complete',
      '  /run/1.sock  pid 4711  3.0.5  up TIME',
      '',
      'GROUP  TOPIC  BEHIND',
      'haproxystats-node  haproxystats.raw.v1  -',
      `haproxystats-graphite  ${nodeTopic}  2`,
    ]);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
    expect(status).toBe(0);
    expect((await fleet('-f', conf, '--since', 'now')).said).toMatch(/^no frames since .*: see --since$/);
  });

  it('ends with 3 where something is missing, and gives scripts JSON', async () => {
    await append(
      nodeTopic,
      nodeFrame('pod', {
        cluster: 'api',
        coverage: { covered: 1, expected: 2 },
        missing: [{ process: '/run/2.sock', reason: 'timeout' }],
      }),
    );
    const { status, lines } = await fleet('-f', conf, '--since', '5m', '--json');
    expect([status, lines.length]).toEqual([3, 1]);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      isComplete: false,
      clusters: [
        { cluster: 'api', state: 'partial', nodes: [{ node: 'pod', missing: [{ process: '/run/2.sock' }] }] },
        { cluster: 'edge', state: 'complete', nodesSeen: 2, drift: { servers: 1, names: ['web/s2'] } },
      ],
      groups: [{ group: 'haproxystats-node' }, { group: 'haproxystats-graphite', behind: 3 }],
    });
    expect((await fleet('-f', conf, '--since', '5m', '--cluster', 'edge')).status).toBe(0);
  });

  it('leaves what it cannot read, and says so', async () => {
    const [record] = frameRecords(nodeFrame('lb9'));
    await writer.append(nodeTopic, [{ ...record!, value: Buffer.from('of no use') }]);
    const { status, said } = await fleet('-f', conf, '--since', '5m', '--cluster', 'edge');
    expect([status, said]).toEqual([0, '1 record left out: no frames that this version can read']);
  });

  it('watches until it is stopped', async () => {
    const program = Program.start(
      'haproxystats',
      'fleet',
      '-f',
      conf,
      '--since',
      '5m',
      '--watch',
      '1',
      '--json',
    );
    const shown = () => program.output.split('\n').slice(0, -1);
    await eventually(() => expect(shown().length).toBeGreaterThan(1), { withinMs: 60_000 });
    expect(shown()[0]).not.toContain('lb3');
    await append(nodeTopic, nodeFrame('lb3'));
    await eventually(() => expect(shown().at(-1)).toContain('"lb3"'), { withinMs: 60_000 });
    expect(await program.stop('SIGINT')).toBe(0);
  });

  it('leaves no commit, and says when the brokers cannot be reached', async () => {
    const groups = await withAdmin(kafka(), (admin) => admin.listGroups());
    for (const { groupId } of groups.groups.filter((group) => group.groupId.includes('fleet-'))) {
      const stored = await withAdmin(kafka(), (admin) =>
        admin.fetchOffsets({ groupId, topics: [nodeTopic] }),
      );
      expect(stored[0]!.partitions.every(({ offset }) => offset === '-1')).toBe(true);
    }
    const away = join(directory, 'away.conf');
    const address = `127.0.0.1:${await freePort()}`;
    await writeFile(away, `[kafka]\nbrokers = ${address}\n`);
    const { status, lines, said } = await fleet('-f', away);
    expect([status, lines]).toEqual([1, []]);
    expect(said).toMatch(new RegExp(`^brokers ${address} cannot be used: .* right\\?$`));
  });
});
