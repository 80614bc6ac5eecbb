import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createKafka,
  createTopics,
  DirectoryLogWriter,
  KafkaLogWriter,
  rawRecords,
  type LogEntry,
  type LogRecord,
  type LogWriter,
} from '@haproxystats/messaging';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { scanTopic } from '../../libs/messaging/src/kafka/scan-topic';
import { describeWith, eventually, freePort, type KafkaServer } from '../harness';
import { Program } from '../support/program';

const ports = { clock: systemClock, logger: silentLogger };
const slot = Math.floor(Date.now() / 1_000) * 1_000;
const garbage = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 7) % 256));

/** What a puller of one process would have written. */
function recordOf(node: string, at: number): LogRecord {
  const stat = Buffer.from('# pxname,svname,stot,type,\nweb,FRONTEND,1,0,\n');
  const [record] = rawRecords({
    cluster: 'eu',
    node,
    source: 'puller-1',
    slot: at,
    intervalMs: 1_000,
    startedAt: at,
    replies: [{ process: '/run/p1.sock', info: Buffer.from('Tasks: 1\n'), stat }],
    failures: [],
  });
  return record!;
}

/** The same with bytes that nobody can unfold. */
function poison(node = 'lb1', at = slot): LogRecord {
  return { ...recordOf(node, at), value: garbage };
}

interface Ended {
  readonly status: number | null;
  readonly lines: string[];
  readonly said: string;
}

async function dlq(...args: string[]): Promise<Ended> {
  const program = Program.start('haproxystats', 'dlq', ...args);
  const status = await program.exited;
  return { status, lines: program.output.split('\n').slice(0, -1), said: program.complaints.join('\n') };
}

async function counted(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const line = new RegExp(`^haproxystats_processor_${name}(\\{[^}]*\\})? (\\d+)`, 'm').exec(text);
  return Number(line?.[2] ?? 0);
}

describe('dead letters in directories', () => {
  let directory: string;
  let conf: string;
  let port: number;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'haproxystats-dlq-'));
    port = await freePort();
    conf = join(directory, 'haproxystats.conf');
    await writeFile(
      conf,
      `[paths]\nbase-dir = ${directory}/lib\n[pull]\ndst-dir = ${directory}/lib/incoming\n` +
        `[process]\nsrc-dir = ${directory}/lib/incoming\nroles = node\nstatus-port = ${port}\n`,
    );
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const openRaw = (): Promise<LogWriter> =>
    DirectoryLogWriter.open({
      path: join(directory, 'lib/incoming'),
      topic: 'haproxystats.raw.v1',
      maxEntries: 10,
      groups: ['haproxystats-node'],
      ...ports,
    });

  it('are listed, put back once the puller is stopped, and kept once more where they fail again', async () => {
    expect(await dlq('list', '-f', conf)).toEqual({
      status: 0,
      lines: [],
      said: `no dead letters in ${directory}/lib/incoming.frames/dlq`,
    });
    const puller = await openRaw();
    await puller.append('haproxystats.raw.v1', [poison()]);
    const processor = Program.start('process', '-f', conf);
    await eventually(async () => expect(await counted(port, 'dead_letters_total')).toBe(1), {
      withinMs: 60_000,
    });

    const listed = await dlq('list', '-f', conf);
    expect([listed.status, listed.lines.length]).toEqual([0, 2]);
    expect(listed.lines[1]).toMatch(
      / eu\/lb1 {2}\/run\/p1\.sock .* 300 {4}haproxystats\.raw\.v1\/0\/0 {2}new .* chunk: process/,
    );

    const refused = await dlq('replay', '-f', conf);
    expect(refused.status).toBe(1);
    expect(refused.said).toContain('is already the writer of the log in');
    await puller.close();

    const replayed = await dlq('replay', '-f', conf);
    expect(replayed).toMatchObject({ status: 0, said: '1 of 1 dead letters put back' });
    await eventually(async () => expect(await counted(port, 'unreadable_processes_total')).toBe(2));
    await eventually(async () => expect((await dlq('list', '-f', conf)).lines[1]).toContain('  again  '));
    expect((await dlq('list', '-f', conf)).lines).toHaveLength(2);
    expect(await dlq('replay', '-f', conf)).toMatchObject({ said: '0 of 1 dead letters put back' });
    expect(await processor.stop()).toBe(0);
  });
});

describeWith(['kafka'], 'dead letters in Kafka', (servers) => {
  let directory: string;
  let server: KafkaServer;
  let conf: string;
  let port: number;
  let writer: KafkaLogWriter;
  let processor: Program;
  const raw = 'haproxystats.raw.v1';

  const kafka = () =>
    createKafka(
      { brokers: server.brokers, clientId: 'test', requestTimeoutMs: 10_000, sessionTimeoutMs: 10_000 },
      silentLogger,
    );

  async function recordsIn(topic: string): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    const scan = { kafka: kafka(), topic, group: `scan-${Math.random()}`, clock: systemClock };
    const { signal } = new AbortController();
    await scanTopic({ ...scan, signal }, (entry) => Promise.resolve(void entries.push(entry)));
    return entries;
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'haproxystats-dlq-'));
    [server, port] = await Promise.all([servers.kafka(), freePort()]);
    conf = join(directory, 'haproxystats.conf');
    await writeFile(
      conf,
      `[process]\nroles = node\nstatus-port = ${port}\n[kafka]\nbrokers = ${server.brokers.join(',')}\n`,
    );
    writer = new KafkaLogWriter({ kafka: kafka(), ...ports });
  });
  afterAll(async () => {
    await processor.stop('SIGKILL');
    await writer.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('need their topic', async () => {
    const { status, said } = await dlq('list', '-f', conf);
    expect([status, said]).toEqual([
      1,
      "topic haproxystats.dlq.v1 does not exist: run 'haproxystats topics' once",
    ]);
  });

  it('are listed with place and reason: one for each record that cannot be read', async () => {
    expect(await Program.start('haproxystats', 'topics', '-f', conf).exited).toBe(0);
    processor = Program.start('process', '-f', conf);
    await writer.append(raw, [poison('lb1'), poison('lb2')]);
    await writer.append(raw, [{ key: 'x', headers: {}, value: garbage }]);
    await eventually(async () => expect(await counted(port, 'unreadable_records_total')).toBe(1), {
      withinMs: 60_000,
    });
    await eventually(async () => expect(await counted(port, 'unreadable_processes_total')).toBe(2), {
      withinMs: 60_000,
    });
    await eventually(async () => expect((await dlq('list', '-f', conf)).lines).toHaveLength(4), {
      withinMs: 60_000,
    });
    const { status, lines } = await dlq('list', '-f', conf);
    const places = (await recordsIn(raw)).map(({ partition, offset }) => `${raw}/${partition}/${offset}`);
    expect(status).toBe(0);
    expect(
      lines
        .slice(1)
        .map((line) => line.split(/ {2,}/)[5])
        .sort(),
    ).toEqual(places.sort());
    expect((await dlq('list', '-f', conf, '--node', 'lb2')).lines).toHaveLength(2);
    expect((await recordsIn('haproxystats.dlq.v1')).every(({ value }) => value.equals(garbage))).toBe(true);
  });

  it('are put back as they were, once; what fails again stays', async () => {
    const before = await recordsIn(raw);
    const replayed = await dlq('replay', '-f', conf, '--node', 'lb1');
    expect(replayed).toMatchObject({ status: 0, said: '1 of 1 dead letters put back' });
    const [back, ...more] = (await recordsIn(raw)).filter(
      ({ partition, offset }) =>
        !before.some((each) => each.partition === partition && each.offset === offset),
    );
    expect(more).toEqual([]);
    const { key, headers, value } = poison('lb1');
    expect(back).toMatchObject({ key, headers: { ...headers, 'hs-replays': '1' } });
    expect(back!.value.equals(value)).toBe(true);
    expect(back!.partition).toBe(before.find((each) => each.key === key)!.partition);

    const list = () => dlq('list', '-f', conf, '--node', 'lb1');
    await eventually(async () => expect((await list()).lines[2]).toContain('  again  '));
    expect((await list()).lines[1]).toContain('  replayed  ');
    const again = await dlq('replay', '-f', conf, '--node', 'lb1');
    expect(again).toMatchObject({ status: 0, said: '0 of 2 dead letters put back' });
    expect(await recordsIn(raw)).toHaveLength(before.length + 1);
  });

  it('that their topic does not take hold nobody up: the records behind them become frames', async () => {
    const admin = kafka().admin();
    await admin.connect();
    await createTopics(admin, 'without');
    await admin.deleteTopics({ topics: ['without.dlq.v1'] });
    await admin.disconnect();
    const status = await freePort();
    const other = join(directory, 'without.conf');
    await writeFile(
      other,
      `[process]\nroles = node\nstatus-port = ${status}\n[kafka]\nbrokers = ${server.brokers.join(',')}\n` +
        'topic-prefix = without\ngroup-prefix = without\n',
    );
    const without = Program.start('process', '-f', other);
    const well = (n: number): LogRecord => recordOf('lb1', slot + n * 1_000);
    await writer.append('without.raw.v1', [poison('lb1'), well(1), poison('lb1', slot + 2_000), well(3)]);
    await eventually(async () => expect(await counted(status, 'complete_frames_total')).toBe(2), {
      withinMs: 40_000,
    });
    expect(await counted(status, 'dead_letter_failures_total')).toBe(2);
    expect(without.lines(/is not kept in without\.dlq\.v1: .* did not take it within 10 s/)).toHaveLength(1);
    expect(await without.stop()).toBe(0);
  });

  it('cannot be reached without a broker, and that is said; a password that all could read is told of once', async () => {
    const away = join(directory, 'away.conf');
    const login = 'sasl-mechanism = plain\nsasl-username = u\nsasl-password = s3cret\n';
    const status = `[process]\nstatus-port = ${await freePort()}\n`;
    await writeFile(away, `${status}[kafka]\nbrokers = 127.0.0.1:${await freePort()}\n${login}`);
    for (const what of ['list', 'replay']) {
      const ended = Program.start('haproxystats', 'dlq', what, '-f', away);
      expect(await ended.exited).toBe(1);
      expect(ended.complaints.join('\n')).toContain('topic haproxystats.dlq.v1 cannot be read: ');
      expect(ended.lines(/readably/)).toHaveLength(1);
    }
    const roles = Program.start('process', '-f', away);
    await eventually(() => expect(roles.lines(/readably/)).not.toEqual([]), { withinMs: 60_000 });
    await roles.stop();
    expect(roles.lines(/readably/)).toHaveLength(1);
  });
});
