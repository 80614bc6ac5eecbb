import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { systemClock } from '@haproxystats/runtime';
import { until } from '../../../../test/harness/eventually';
import { writeCursor } from './cursor-file';
import { DirectoryLogReader } from './directory-log-reader';
import { DirectoryLogWriter } from './directory-log-writer';
import { offsetOf } from './offsets';

describe('a full log that drops its oldest entries', () => {
  let path: string;
  let writer: DirectoryLogWriter;
  let readers: DirectoryLogReader[];
  let told: string[];
  let shared: ConstructorParameters<typeof DirectoryLogReader>[0];

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'drop-oldest-'));
    told = [];
    readers = [];
    const sink = { write: (line: string) => void told.push((JSON.parse(line) as { msg: string }).msg) };
    const [groups, group] = [['slow', 'fast'], 'slow'];
    shared = { path, topic: 'raw', groups, group, tickMs: 1_000, clock: systemClock, logger: pino({}, sink) };
    writer = await DirectoryLogWriter.open({ ...shared, maxEntries: 4, whenFull: 'drop-oldest' });
  });

  afterEach(async () => {
    await Promise.all(readers.map((reader) => reader.close()));
    await writer.close();
    await rm(path, { recursive: true });
  });

  const append = async (from: number, to: number): Promise<void> => {
    for (let n = from; n <= to; n++) {
      await writer.append('raw', [{ key: `${n}`, headers: {}, value: Buffer.from(`${n}`) }]);
    }
  };
  const left = async (): Promise<number[]> =>
    (await readdir(path)).filter((name) => name.endsWith('.rec')).map((name) => Number.parseInt(name, 10));

  /** What a group gets from now on; `gate`: what each record waits for. */
  function read(group: string, gate: () => Promise<unknown> = () => Promise.resolve()) {
    const keys: number[] = [];
    const reader = new DirectoryLogReader({ ...shared, group, highWater: { entries: 1, bytes: 1e9 } });
    readers.push(reader);
    reader.start({
      record: async ({ key, next }, session) => {
        keys.push(Number(key));
        await gate();
        await session.commit({ watermark: next, base: next });
      },
      tick: () => Promise.resolve(),
    });
    return { keys, reader };
  }

  it('keeps the newest, counts what went, and tells of it once and in the end', async () => {
    await append(0, 9);
    expect([await left(), writer.depth(), writer.dropped]).toEqual([[6, 7, 8, 9], 4, 6]);
    const full = `the log in ${path} is full: its oldest entries are dropped until its readers catch up`;
    expect(told).toEqual([full]);
    for (const group of shared.groups) {
      await writeCursor(join(path, 'cursors', group), { watermark: offsetOf(9, 0), base: offsetOf(9, 0) });
    }
    await append(10, 10);
    const over = `the log in ${path} was full: 6 entries were dropped before they were read`;
    expect(told).toEqual([full, over]);
    await append(11, 14);
    await writer.close();
    expect(told.slice(2)).toEqual([full, over.replace('6 entries', '2 entries')]);
    expect(writer.dropped).toBe(8);
  });

  it('takes them from the slowest group alone, which goes on behind them and counts them', async () => {
    let open!: () => void;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const [slow, fast] = [read('slow', () => gate), read('fast')];
    for (let n = 0; n < 30; n++) {
      await append(n, n);
      await until(() => slow.keys.length > 0);
      await until(() => fast.keys.length === n + 1);
    }
    expect(fast.keys).toEqual(Array.from({ length: 30 }, (_, n) => n));
    expect(slow.keys).toEqual([0]);
    expect(slow.reader.lag().get(0)).toBe(4);
    open();
    await until(() => slow.keys.at(-1) === 29);
    expect([fast.reader.lost, slow.reader.lost + slow.keys.length]).toEqual([0, 30]);
    expect(slow.keys.slice(-4)).toEqual([26, 27, 28, 29]);
    expect(writer.dropped).toBe(26);
    expect(told.filter((message) => message.includes('removed before they were read'))).toHaveLength(1);
  });

  it('counts them also for a group that had read nothing yet, but not for one that is new', async () => {
    await append(0, 9);
    const slow = read('slow');
    shared = { ...shared, groups: [...shared.groups, 'new'] };
    const later = read('new');
    await until(() => slow.keys.length === 4 && later.keys.length === 4);
    expect([slow.keys, later.keys]).toEqual([
      [6, 7, 8, 9],
      [6, 7, 8, 9],
    ]);
    expect([slow.reader.lost, later.reader.lost]).toEqual([6, 0]);
  });

  it('delivers or counts each entry once, whatever the reader is at while they go', async () => {
    const slow = read('slow', () => delay(Math.random() * 6));
    read('fast');
    for (let n = 0; n < 300; n++) {
      await append(n, n);
      await until(() => slow.keys.length > 0);
      if (Math.random() < 0.2) await delay(Math.random() * 10);
    }
    await until(() => slow.keys.at(-1) === 299);
    const { lost } = slow.reader;
    process.stdout.write(
      `drop-oldest: 300 appended, ${slow.keys.length} read, ${lost} lost by the reader's count, ${writer.dropped} dropped by the writer's\n`,
    );
    expect(slow.keys).toEqual([...new Set(slow.keys)].sort((a, b) => a - b));
    expect(lost + slow.keys.length).toBe(300);
    expect(lost).toBeGreaterThan(0);
    // Each of both readers says so at once, and then once a minute.
    const gone = told.filter((message) => message.includes('removed before they were read'));
    expect(gone.length).toBeLessThanOrEqual(2);
    // What was dropped may have been read before, without being committed yet.
    expect(lost).toBeLessThanOrEqual(writer.dropped);
  });
});
