import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  createKafka,
  KafkaLogWriter,
  rawRecords,
  readFramePart,
  scanTopic,
  withAdmin,
  type LogEntry,
  type LogRecord,
} from '@haproxystats/messaging';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { describeWith, eventually, freePort, type KafkaServer } from '../harness';
import { Program } from '../support/program';

const interval = 10_000;
const first = Math.floor(Date.now() / interval) * interval - 6 * interval;
const slotAt = (n: number): number => first + n * interval;
const raw = 'haproxystats.raw.v1';
const golden = join(__dirname, '../fixtures/golden/cases');

interface Said {
  readonly process: string;
  readonly info: Buffer;
  readonly stat: Buffer;
}

/** A process that serves 7 requests a second, and one of the recordings, which never moves. */
function saidAt(n: number): Said[] {
  const uptime = 1_000 + (n * interval) / 1_000;
  const info = `Name: HAProxy\nVersion: 3.0.5\nPid: 4711\nUptime_sec: ${uptime}\nIdle_pct: 90\nTasks: 1\n`;
  const requests = 70_000 + 70 * n;
  const stat =
    '# pxname,svname,scur,stot,req_tot,hrsp_2xx,type,\n' +
    `web,FRONTEND,3,${requests},${requests},${requests - 5},0,\nweb,BACKEND,2,${requests},${requests},,1,\n` +
    `web,s1,1,${requests},${requests},,2,\n`;
  return [
    { process: 'a.sock', info: Buffer.from(info), stat: Buffer.from(stat) },
    recording('06_four_sparse'),
  ];
}

/** What the first process of a case says; a puller takes no empty line behind it. */
function recording(name: string): Said {
  const half = (which: string): Buffer => {
    const path = join(golden, name, 'input/1700000000', `admin1.sock_${which}`);
    const bytes = existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`));
    return Buffer.from(`${bytes.toString('latin1').trimEnd()}\n`, 'latin1');
  };
  return { process: 'b.sock', info: half('info'), stat: half('stat') };
}

function pollOf(node: string, n: number, said = saidAt(n)): LogRecord[] {
  const slot = slotAt(n);
  const times = { slot, intervalMs: interval, startedAt: slot };
  return rawRecords({ cluster: 'eu', node, source: 'puller-1', ...times, replies: said, failures: [] });
}

interface Ended {
  readonly status: number | null;
  readonly lines: string[];
  readonly said: string;
}

async function replay(...args: string[]): Promise<Ended> {
  const program = Program.start('haproxystats', 'replay', ...args);
  const status = await program.exited;
  const said = [...program.complaints, ...program.log.map(({ msg }) => msg)].join('\n');
  return { status, lines: program.output.split('\n').slice(0, -1), said };
}

function timeOf(line: string): number {
  return Number(line.slice(line.lastIndexOf(' ') + 1)) * 1_000;
}

describeWith(['kafka'], 'haproxystats replay --kafka', (servers) => {
  let directory: string;
  let server: KafkaServer;
  let conf: string;
  let writer: KafkaLogWriter;

  const kafka = () =>
    createKafka(
      { brokers: server.brokers, clientId: 'test', requestTimeoutMs: 10_000, sessionTimeoutMs: 10_000 },
      silentLogger,
    );
  const range = (from: number, to: number): string[] => [
    '--kafka',
    ...['-f', conf],
    ...['--from', new Date(slotAt(from)).toISOString()],
    ...['--to', String(slotAt(to) / 1_000)],
  ];

  async function recordsIn(topic: string): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    const scan = { kafka: kafka(), topic, group: `scan-${Math.random()}`, clock: systemClock };
    const { signal } = new AbortController();
    await scanTopic({ ...scan, signal }, (entry) => Promise.resolve(void entries.push(entry)));
    return entries;
  }

  const groups = async (): Promise<string[]> => {
    const listed = await withAdmin(kafka(), (admin) => admin.listGroups());
    return listed.groups.map(({ groupId }) => groupId).filter((group) => group.startsWith('haproxystats-'));
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'haproxystats-replay-kafka-'));
    server = await servers.kafka();
    conf = join(directory, 'haproxystats.conf');
    await writeFile(
      conf,
      `[paths]\nbase-dir = ${directory}\n[pull]\npull-interval = 10\n[kafka]\nbrokers = ${server.brokers.join(',')}\n`,
    );
    writer = new KafkaLogWriter({ kafka: kafka(), clock: systemClock, logger: silentLogger });
  });
  afterAll(async () => {
    await writer.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('needs its topic, and then something in it', async () => {
    expect(await replay(...range(0, 6))).toEqual({
      status: 1,
      lines: [],
      said: `topic ${raw} does not exist: run 'haproxystats topics' once`,
    });
    expect(await Program.start('haproxystats', 'topics', '-f', conf).exited).toBe(0);
    const none = await replay(...range(0, 6));
    expect(none).toMatchObject({ status: 1, lines: [] });
    expect(none.said).toMatch(/^topic \S+ holds no snapshots of slots from \S+Z up to \S+Z; /);
  });

  it('prints the lines that a replay of the same snapshots on disk prints, rates of the first slot too', async () => {
    const disk = join(directory, 'snapshots');
    for (let n = 0; n < 6; n++) {
      const path = join(disk, String(slotAt(n) / 1_000));
      await mkdir(path, { recursive: true });
      for (const { process, info, stat } of saidAt(n)) {
        await writeFile(join(path, `${process}_info`), info);
        await writeFile(join(path, `${process}_stat`), stat);
      }
      // Of two nodes, and not in the order of their slots.
      await writer.append(raw, [...pollOf('lb1', n ^ 1), ...pollOf('lb2', n)]);
    }
    const onDisk = await replay('-f', conf, '--hostname', 'lb1', disk);
    expect(onDisk.status).toBe(0);
    const wanted = onDisk.lines.filter((line) => timeOf(line) >= slotAt(2) && timeOf(line) < slotAt(5));
    const { status, lines, said } = await replay(...range(2, 5), '--node', 'eu/lb1');
    expect(said).toBe(
      `3 snapshots of 6 processes replayed into ${wanted.length} lines; 0 incomplete; all could be used`,
    );
    expect(status).toBe(0);
    expect(lines).toEqual(wanted);
    const rates = lines.filter((line) => /\.frontend\.web\.req_tot_rate /.test(line));
    expect(rates.map((line) => Number(line.split(' ')[1]))).toEqual([7, 7, 7]);
    const both = await replay(...range(2, 5));
    expect(both.said).toContain('6 snapshots of 12 processes');
    expect(both.lines.filter((line) => line.includes('.lb1.'))).toEqual(wanted);
    // All of it was appended behind the last of these slots.
    const inTime = await replay(...range(2, 3), '--backlog', '0s');
    expect(inTime.said).toMatch(/ holds no snapshots .*; what came later than --backlog is not read$/);
    expect(await groups()).toEqual([]);
  });

  it('writes frames into a topic of its own, never into the live one', async () => {
    const live = await replay(...range(2, 5), '--into', 'haproxystats');
    expect(live.status).toBe(1);
    expect(live.said).toBe(
      "--into haproxystats: this is 'topic-prefix' in [kafka], so the frames would go into the live topics; choose another prefix",
    );
    const missing = await replay(...range(2, 5), '--into', 'again');
    expect(missing.status).toBe(1);
    expect(missing.said).toBe(
      "topic again.frames.node.v1 does not exist: run 'haproxystats topics' once with 'topic-prefix = again' in [kafka]",
    );
    const other = join(directory, 'again.conf');
    await writeFile(other, `[kafka]\nbrokers = ${server.brokers.join(',')}\ntopic-prefix = again\n`);
    expect(await Program.start('haproxystats', 'topics', '-f', other).exited).toBe(0);
    const { status, lines, said } = await replay(...range(2, 5), '--into', 'again', '--node', 'lb2');
    expect([status, lines]).toEqual([0, []]);
    expect(said).toBe(
      '3 snapshots of 6 processes replayed into 3 frames of topic again.frames.node.v1; 0 incomplete; all could be used',
    );
    const heads = (await recordsIn('again.frames.node.v1')).map((entry) => readFramePart(entry).frame.head);
    expect(heads.map(({ node, slot, coverage }) => [node, slot, coverage])).toEqual(
      [2, 3, 4].map((n) => ['lb2', slotAt(n), { covered: 2, expected: 2 }]),
    );
    expect(await recordsIn('haproxystats.frames.node.v1')).toEqual([]);
  });

  it('names what it cannot read, and ends with 2; what is missing is counted', async () => {
    const [a, ...others] = pollOf('lb3', 2);
    await writer.append(raw, [{ ...a!, value: Buffer.from('damaged') }, ...others]);
    await writer.append(raw, [{ key: 'x', headers: {}, value: Buffer.from('no record') }]);
    await writer.append(raw, pollOf('lb4', 2).slice(0, 1));
    const { status, lines, said } = await replay(...range(2, 3), '--node', 'lb3');
    expect(status).toBe(2);
    expect(said).toMatch(/^1 snapshot of 1 process replayed into \d+ lines; 1 incomplete; 2 complaints$/m);
    expect(said).toContain('eu/lb3, slot ');
    expect(said).toMatch(new RegExp(`^${raw}/\\d+/\\d+: `, 'm'));
    expect(lines.some((line) => / 1 \d+$/.test(line) && line.includes('lb3.haproxy.coverage.covered'))).toBe(
      true,
    );
    const partial = await replay(...range(2, 3), '--node', 'lb4');
    expect(partial.said).toContain('1 snapshot of 1 process replayed');
    expect(partial.said).toContain('1 incomplete');
  });

  it('ends when it is told to, and when nobody reads on', async () => {
    // More than a pipe holds.
    for (const n of [2, 3]) await writer.append(raw, pollOf('big', n, [recording('44_synthetic_big')]));
    const stopped = Program.startHere('haproxystats', 'replay', ...range(0, 6));
    // Nobody takes the lines, so it stands.
    stopped.child.stdout!.removeAllListeners('data').pause();
    await eventually(async () => expect(await groups()).not.toEqual([]), { withinMs: 60_000 });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    stopped.child.kill('SIGINT');
    stopped.child.stdout!.resume();
    expect(await stopped.exited).toBe(1);
    expect(stopped.complaints.join('\n')).toMatch(/; stopped before the end$/);
    expect(await groups()).toEqual([]);

    const left = Program.startHere('haproxystats', 'replay', ...range(0, 6));
    left.child.stdout!.once('data', () => left.child.stdout!.destroy());
    expect(await left.exited).toBe(0);
  });

  it('says which options belong together, and when the brokers cannot be reached', async () => {
    const refused = async (...args: string[]): Promise<string> => {
      const ended = await replay(...args);
      expect(ended.status).toBe(1);
      return ended.said;
    };
    expect(await refused()).toBe('error: a directory of snapshots is needed, or --kafka');
    expect(await refused('--kafka')).toBe('error: --kafka needs --from TIME');
    expect(await refused('--from', '2h', directory)).toBe('error: --from counts only with --kafka');
    expect(await refused('--kafka', '--from', '-2h', directory)).toContain('both named');
    expect(await refused('--kafka', '--from', 'noon')).toContain('such as 2026-11-20T10:00:00Z');
    expect(await refused('--kafka', '-f', conf, '--from', '1h', '--to', '2h')).toMatch(
      /^--from .* is not before --to/,
    );
    const without = join(directory, 'without.conf');
    await writeFile(without, `[paths]\nbase-dir = ${directory}\n`);
    expect(await refused('--kafka', '-f', without, '--from', '2h')).toBe(
      "no Kafka is configured: set 'brokers' in section [kafka], or name a directory",
    );
    const away = join(directory, 'away.conf');
    const address = `127.0.0.1:${await freePort()}`;
    await writeFile(away, `[kafka]\nbrokers = ${address}\n`);
    expect(await refused('--kafka', '-f', away, '--from', '2h')).toMatch(
      new RegExp(`^brokers ${address} cannot be used: .* right\\?$`),
    );
  });
});
