import fs from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { InstanceLockError, systemClock } from '@haproxystats/runtime';
import { until } from '../../../../test/harness/eventually';
import type { LogEntry, LogHandler, PartitionSession } from '../log';
import { readCursor, writeCursor } from './cursor-file';
import { DirectoryLogReader, type DirectoryLogReaderOptions } from './directory-log-reader';
import { DirectoryLogWriter } from './directory-log-writer';
import { offsetOf } from './offsets';

/** Commits each record as told, and keeps what it was given. */
class Committer implements LogHandler {
  readonly entries: LogEntry[] = [];
  session: PartitionSession | undefined;

  constructor(private readonly baseOf: (entry: LogEntry) => number | undefined = ({ next }) => next) {}

  get keys(): string[] {
    return this.entries.map(({ key }) => key);
  }

  async record(entry: LogEntry, session: PartitionSession): Promise<void> {
    this.entries.push(entry);
    this.session = session;
    const base = this.baseOf(entry);
    if (base !== undefined) await session.commit({ watermark: entry.next, base });
  }

  tick(): Promise<void> {
    return Promise.resolve();
  }
}

describe('DirectoryLogReader', () => {
  let folder: string;
  let path: string;
  let writer: DirectoryLogWriter;
  let readers: DirectoryLogReader[];
  let messages: { level: number; msg: string }[];
  let shared: {
    path: string;
    topic: string;
    groups: string[];
    clock: typeof systemClock;
    logger: pino.Logger;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'directory-log-'));
    path = join(folder, 'raw');
    readers = [];
    messages = [];
    const sink = { write: (line: string) => messages.push(JSON.parse(line) as (typeof messages)[0]) };
    shared = { path, topic: 'raw', groups: ['a', 'b'], clock: systemClock, logger: pino({}, sink) };
    writer = await DirectoryLogWriter.open({ ...shared, maxEntries: 1_000 });
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.all(readers.map((reader) => reader.close()));
    await writer.close();
    await rm(folder, { recursive: true });
  });

  function read(handler: LogHandler, options: Partial<DirectoryLogReaderOptions> = {}): DirectoryLogReader {
    const reader = new DirectoryLogReader({ ...shared, group: 'a', tickMs: 1_000, rescanMs: 50, ...options });
    readers.push(reader);
    reader.start(handler);
    return reader;
  }

  async function append(...keys: string[]): Promise<void> {
    for (const key of keys) await writer.append('raw', [{ key, headers: {}, value: Buffer.from(key) }]);
  }

  const entryFile = (entry: number): string => join(path, `${String(entry).padStart(16, '0')}.rec`);
  const entriesLeft = async (): Promise<number[]> =>
    (await readdir(path)).filter((name) => name.endsWith('.rec')).map((name) => Number.parseInt(name, 10));
  /** As if no reader of the group had run for so long. */
  const silence = (group: string, minutes: number): Promise<void> => {
    const then = Date.now() / 1_000 - minutes * 60;
    return utimes(join(path, 'cursors', group), then, then);
  };
  const told = (level: 'warn' | 'error'): string[] =>
    messages.filter((message) => message.level === pino.levels.values[level]).map(({ msg }) => msg);

  it('refuses a group the log does not have, and a second start', () => {
    expect(() => read(new Committer(), { group: 'c' })).toThrow('group c is none of those of the log');
    expect(() => read(new Committer()).start(new Committer())).toThrow('was started before');
  });

  it('numbers records by entry and index', async () => {
    const record = { key: 'k', headers: {}, value: Buffer.alloc(0) };
    await writer.append('raw', [record, record]);
    await writer.append('raw', [record]);
    const committer = new Committer();
    read(committer);
    await until(() => committer.entries.length === 3);
    expect(committer.entries.map(({ offset, next }) => [offset, next])).toEqual([
      [0, 1],
      [1, 2 ** 20],
      [2 ** 20, 2 ** 21],
    ]);
  });

  it('waits for a directory that does not exist yet', async () => {
    const later = join(folder, 'later');
    const committer = new Committer();
    const reader = read(committer, { path: later, rescanMs: 20 });
    await delay(60);
    expect([reader.ready, reader.lag().get(0)]).toEqual([false, 0]);
    const other = await DirectoryLogWriter.open({ ...shared, path: later, maxEntries: 10 });
    await other.append('raw', [{ key: 'x', headers: {}, value: Buffer.alloc(0) }]);
    await until(() => committer.keys.length === 1);
    expect(reader.ready).toBe(true);
    await other.close();
    await reader.close();
  });

  it('closes while it waits', async () => {
    const reader = read(new Committer(), { path: join(folder, 'never'), rescanMs: 60_000 });
    await delay(20);
    await reader.close();
    expect(reader.ready).toBe(false);
  });

  it('is woken by inotify, without a rescan', async () => {
    const committer = new Committer();
    const reader = read(committer, { rescanMs: 600_000 });
    await until(() => reader.ready);
    await append('x', 'y');
    await until(() => committer.keys.length === 2);
  });

  it('rescans where inotify cannot be had, and says so once', async () => {
    jest.spyOn(fs, 'watch').mockImplementation(() => {
      throw Object.assign(new Error('no more watches'), { code: 'ENOSPC', syscall: 'watch' });
    });
    const committer = new Committer();
    const reader = read(committer, { rescanMs: 10 });
    await until(() => reader.ready);
    await append('x');
    await until(() => committer.keys.length === 1);
    await delay(50);
    expect(told('warn')).toEqual([`cannot watch ${path}; new entries are looked for now and then instead`]);
  });

  it('finds its way back when the directory was removed and made anew', async () => {
    const committer = new Committer();
    read(committer, { rescanMs: 20 });
    await append('x');
    await until(() => committer.keys.length === 1);
    await rm(path, { recursive: true });
    await until(() => told('warn').some((message) => message.includes('the directory is gone')));
    await append('y');
    await until(() => committer.keys.length === 2);
    await append('z');
    await until(() => committer.keys.length === 3);
    expect(committer.keys).toEqual(['x', 'y', 'z']);
  });

  describe('corrupt entries', () => {
    const cases: [string, (file: Buffer) => Buffer][] = [
      ['a flipped bit', (file) => ((file[file.length - 1]! ^= 1), file)],
      ['a cut file', (file) => file.subarray(0, -1)],
      ['an empty file', () => Buffer.alloc(0)],
    ];

    it.each(cases)('are set aside, said, and not in the way: %s', async (_, damage) => {
      await append('x', 'y', 'z');
      await writeFile(entryFile(1), damage(await readFile(entryFile(1))));
      const committer = new Committer(() => undefined);
      const reader = read(committer);
      await until(() => committer.keys.length === 2);
      expect(committer.keys).toEqual(['x', 'z']);
      expect(await readdir(join(path, 'bad'))).toEqual(['0000000000000001.rec.bad']);
      expect(told('error')).toEqual([
        expect.stringContaining(`${entryFile(1)} is corrupt and set aside in ${join(path, 'bad')}: `),
      ]);
      expect(reader.lag().get(0)).toBe(2);
    });

    it('are kept only as far as the folder is bounded, the newest', async () => {
      await append(...Array.from({ length: 20 }, (_, n) => `${n}`));
      for (let entry = 0; entry < 19; entry++) await writeFile(entryFile(entry), 'garbage');
      const committer = new Committer();
      read(committer);
      await until(() => committer.keys.length === 1);
      const kept = (await readdir(join(path, 'bad'))).map((name) => Number.parseInt(name, 10));
      expect(kept).toEqual(Array.from({ length: 16 }, (_, n) => n + 3));
    });

    it('are passed by a reader from whom another one took them away', async () => {
      await append('x', 'y', 'z');
      const handed = new Committer(() => undefined);
      await rename(entryFile(1), `${entryFile(1)}.elsewhere`);
      read(handed);
      await until(() => handed.keys.length === 2);
      expect(handed.keys).toEqual(['x', 'z']);
    });
  });

  it('tells of entries that were removed before they were read', async () => {
    await append('w', 'x', 'y', 'z');
    await writeCursor(join(path, 'cursors', 'a'), { watermark: offsetOf(1, 0), base: offsetOf(1, 0) });
    for (const entry of [1, 2]) await rm(entryFile(entry));
    const committer = new Committer();
    const reader = read(committer);
    await until(() => committer.keys.length === 1);
    expect(committer.keys).toEqual(['z']);
    expect(reader.lost).toBe(2);
    expect(told('warn')).toEqual([`entries 1 to 2 of the log in ${path} were removed before they were read`]);
  });

  it('resumes inside an entry', async () => {
    const record = (key: string): LogEntry => ({ key, headers: {}, value: Buffer.alloc(0) }) as never;
    await writer.append('raw', ['u', 'v', 'w', 'x'].map(record));
    await writeCursor(join(path, 'cursors', 'a'), { watermark: 3, base: 1 });
    const committer = new Committer();
    const reader = read(committer);
    expect(reader.lag().get(0)).toBe(1);
    await until(() => committer.keys.length === 3);
    expect(committer.entries.map(({ key, priming }) => [key, priming])).toEqual([
      ['v', true],
      ['w', true],
      ['x', false],
    ]);
  });

  describe('a cursor', () => {
    const cursor = (): string => join(path, 'cursors', 'a');

    async function damaged(...bytes: number[]): Promise<Committer> {
      await append('x', 'y', 'z');
      for (const entry of [1, 2]) {
        await writeCursor(cursor(), { watermark: offsetOf(entry, 0), base: offsetOf(entry, 0) });
      }
      const file = readCursor(cursor());
      for (const byte of bytes) file[byte]! ^= 1;
      await writeFile(cursor(), file);
      const committer = new Committer();
      read(committer);
      await until(() => committer.keys.at(-1) === 'z');
      return committer;
    }

    it('with a torn slot falls back to the position before', async () => {
      // The second write, the newest, went into the first slot.
      expect((await damaged(0)).keys).toEqual(['y', 'z']);
      expect(told('error')).toEqual([]);
    });

    it('with two torn slots falls back to the start, and says so', async () => {
      expect((await damaged(0, 32)).keys).toEqual(['x', 'y', 'z']);
      expect(told('error')).toEqual([`${cursor()} cannot be read: the log is read again from its start`]);
    });
  });

  describe('trimming', () => {
    it('waits for every configured group', async () => {
      await append('x', 'y', 'z');
      const [a, b] = [new Committer(), new Committer(({ key, next }) => (key === 'z' ? undefined : next))];
      read(a);
      await until(() => a.keys.length === 3);
      await delay(20);
      expect(await entriesLeft()).toEqual([0, 1, 2]);
      read(b, { group: 'b' });
      await until(() => b.keys.length === 3);
      await until(async () => (await entriesLeft()).length === 1);
      expect(await entriesLeft()).toEqual([2]);
      await append('newest');
      await b.session!.commit({ watermark: offsetOf(3, 0), base: offsetOf(3, 0) });
      expect(await entriesLeft()).toEqual([3]);
    });

    it('goes by the base, and takes away whole entries only', async () => {
      const pair = ['1', '2'].map((key) => ({ key, headers: {}, value: Buffer.alloc(0) }));
      for (let n = 0; n < 4; n++) await writer.append('raw', pair);
      await silence('b', 11);
      const committer = new Committer(() => undefined);
      read(committer, { groups: ['a'] });
      await until(() => committer.entries.length === 8);
      await committer.session!.commit({ watermark: offsetOf(4, 0), base: offsetOf(1, 1) });
      expect(await entriesLeft()).toEqual([1, 2, 3]);
      await committer.session!.commit({ watermark: offsetOf(4, 0), base: offsetOf(2, 0) });
      expect(await entriesLeft()).toEqual([2, 3]);
    });

    it('leaves the newest entry, by which number and time go on', async () => {
      await append('x', 'y');
      await silence('b', 11);
      const committer = new Committer();
      const reader = read(committer, { groups: ['a'] });
      await until(() => committer.keys.length === 2);
      await until(async () => (await entriesLeft()).length === 1);
      expect([await entriesLeft(), reader.lag().get(0)]).toEqual([[1], 0]);
    });

    it('finishes at the start what a reader that was killed had not removed', async () => {
      await append('x', 'y');
      const end = offsetOf(2, 0);
      for (const group of ['a', 'b']) {
        await writeCursor(join(path, 'cursors', group), { watermark: end, base: end });
      }
      read(new Committer());
      await until(async () => (await entriesLeft()).length === 1);
    });

    it('that fails is said once and ends nothing', async () => {
      await append('x', 'y', 'z');
      await silence('b', 11);
      await rm(entryFile(0));
      await mkdir(entryFile(0));
      await writeCursor(join(path, 'cursors', 'a'), { watermark: offsetOf(1, 0), base: offsetOf(1, 0) });
      const committer = new Committer();
      read(committer, { groups: ['a'] });
      await until(() => committer.keys.length === 2);
      await delay(20);
      expect(told('warn')).toEqual([`cannot remove what was read from ${path}: it will fill up`]);
    });
  });

  describe('a group that is not configured here', () => {
    const others = (): string[] => told('warn').filter((message) => message.startsWith('group b '));

    it('has its entries kept while its reader is alive, which is said once', async () => {
      await append('x', 'y', 'z');
      const committer = new Committer();
      read(committer, { groups: ['a'] });
      await until(() => committer.keys.length === 3);
      await until(() => others().length > 0);
      expect(await entriesLeft()).toEqual([0, 1, 2]);
      expect(others()).toEqual([
        expect.stringMatching(`^group b reads the log in ${path} too, .*: ${path}/cursors/b$`),
      ]);
      const behind = new Committer();
      read(behind, { group: 'b' });
      await until(() => behind.keys.length === 3);
      expect(behind.keys).toEqual(['x', 'y', 'z']);
    });

    it.each([11, -11])('holds nothing up for ever: %d minutes without a sign of life', async (minutes) => {
      await append('x', 'y', 'z');
      await writeCursor(join(path, 'cursors', 'b'), { watermark: offsetOf(1, 0), base: offsetOf(1, 0) });
      await silence('b', minutes);
      const committer = new Committer();
      read(committer, { groups: ['a'] });
      await until(async () => (await entriesLeft()).length === 1);
      expect(others()).toEqual([
        expect.stringMatching(`^group b is behind in the log in ${path}, .* removed.*: ${path}/cursors/b$`),
      ]);
      const behind = new Committer();
      const reader = read(behind, { group: 'b' });
      await until(() => behind.keys.length === 1);
      expect([behind.keys, reader.lost]).toEqual([['z'], 1]);
      expect(told('warn')).toContain(
        `entries 1 to 1 of the log in ${path} were removed before they were read`,
      );
    });

    it('shows life by its reader, also one that gets nothing to read', async () => {
      await silence('b', 11);
      const reader = read(new Committer(), { group: 'b' });
      await until(() => reader.ready);
      await until(() => Date.now() - fs.statSync(join(path, 'cursors', 'b')).mtimeMs < 10_000);
    });

    it('counts for the bound of the queue', async () => {
      await writer.close();
      writer = await DirectoryLogWriter.open({ ...shared, groups: ['a'], maxEntries: 2 });
      const committer = new Committer();
      read(committer, { groups: ['a'] });
      await append('x', 'y');
      await until(() => committer.keys.length === 2);
      const waiting = append('z');
      await until(() => told('warn').some((message) => message.includes('is full: appends wait')));
      expect(writer.depth()).toBe(2);
      await silence('b', 11);
      await waiting;
    });
  });

  it('is alone for its group, and says who has it', async () => {
    const first = read(new Committer());
    await until(() => first.ready);
    const second = read(new Committer());
    await expect(second.failure).rejects.toThrow(InstanceLockError);
    await expect(second.failure).rejects.toThrow(
      `this process (${process.pid}) is already the reader for group a of the log in ${path}: stop it first`,
    );
    await first.close();
    const third = read(new Committer());
    await until(() => third.ready);
  });

  it('tells of what it cannot read, and goes on when it can', async () => {
    await append('x');
    const held = join(folder, 'held');
    await rename(entryFile(0), held);
    await symlink(entryFile(0), entryFile(0));
    const committer = new Committer();
    read(committer);
    await until(() => told('warn').length > 0);
    expect(told('warn')[0]).toBe(`cannot read the log in ${path}, trying again: ELOOP`);
    // In one step: between two the reader could take the entry for one that is gone.
    await rename(held, entryFile(0));
    await until(() => committer.keys.length === 1);
  });

  it('makes room for a writer that waits', async () => {
    await writer.close();
    await silence('b', 11);
    writer = await DirectoryLogWriter.open({ ...shared, groups: ['a'], maxEntries: 2 });
    const committer = new Committer();
    const appends = append(...Array.from({ length: 20 }, (_, n) => `${n}`));
    await until(() => writer.depth() === 2);
    read(committer, { groups: ['a'] });
    await appends;
    await until(() => committer.keys.length === 20);
    await until(() => writer.depth() === 0);
  });
});
