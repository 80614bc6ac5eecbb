import { rename, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { InstanceLockError, silentLogger } from '@haproxystats/runtime';
import { FakeClock } from '../../../../test/support/fake-clock';
import type { LogRecord } from '../log';
import { writeCursor } from './cursor-file';
import { DirectoryLogWriter, type DirectoryLogWriterOptions } from './directory-log-writer';
import { decodeEntry, maxEntryRecords } from './entry-file';
import { offsetOf } from './offsets';

const start = 1_700_000_000_000;
const record: LogRecord = { key: 'k', headers: {}, value: Buffer.from('v') };

describe('DirectoryLogWriter', () => {
  let folder: string;
  let path: string;
  let clock: FakeClock;
  let writers: DirectoryLogWriter[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'directory-log-'));
    path = join(folder, 'spool', 'raw');
    clock = new FakeClock(start);
    writers = [];
  });

  afterEach(async () => {
    await Promise.all(writers.map((writer) => writer.close()));
    await rm(folder, { recursive: true });
  });

  async function opened(options: Partial<DirectoryLogWriterOptions> = {}): Promise<DirectoryLogWriter> {
    const writer = await DirectoryLogWriter.open({
      path,
      topic: 'raw',
      maxEntries: 3,
      groups: ['a', 'b'],
      clock,
      logger: silentLogger,
      ...options,
    });
    writers.push(writer);
    return writer;
  }

  const entryNames = async (): Promise<string[]> =>
    (await readdir(path)).filter((name) => name.endsWith('.rec'));
  const appendTimes = async (): Promise<number[]> =>
    Promise.all(
      (await entryNames()).map(
        async (name) => decodeEntry(await readFile(join(path, name))).appendedAt - start,
      ),
    );
  const finish = (group: string, entry: number): Promise<void> => {
    const offset = offsetOf(entry, 0);
    return writeCursor(join(path, 'cursors', group), { watermark: offset, base: offset });
  };

  /** For what waits for the clock now and for the disk then. */
  async function whileTimePasses(work: Promise<unknown>): Promise<void> {
    const ticking = new AbortController();
    const done = work.finally(() => ticking.abort());
    while (!ticking.signal.aborted) {
      await clock.advance(1_000);
      await delay(2);
    }
    await done;
  }

  it('makes one file of each append, and nothing of an empty one', async () => {
    const writer = await opened();
    await writer.append('raw', [record, record]);
    await writer.append('raw', []);
    await writer.append('raw', [record]);
    expect(await readdir(path)).toEqual(['0000000000000000.rec', '0000000000000001.rec', 'bad', 'cursors']);
  });

  it('keeps the order in which appends were asked for', async () => {
    const writer = await opened({ maxEntries: 100, fsync: true });
    const keys = Array.from({ length: 50 }, (_, n) => `${n}`);
    await Promise.all(keys.map((key) => writer.append('raw', [{ ...record, key }])));
    const files = await Promise.all((await entryNames()).map((name) => readFile(join(path, name))));
    expect(files.map((file) => decodeEntry(file).records[0]!.key)).toEqual(keys);
  });

  it('refuses another topic, too many records, and groups that name no file', async () => {
    const writer = await opened();
    await expect(writer.append('frames', [record])).rejects.toThrow('holds topic raw, not frames');
    const many = new Array<LogRecord>(maxEntryRecords + 1).fill(record);
    await expect(writer.append('raw', many)).rejects.toThrow(RangeError);
    await expect(opened({ path: join(folder, 'other'), groups: ['../x'] })).rejects.toThrow('"../x"');
    await expect(opened({ path: join(folder, 'other'), groups: [] })).rejects.toThrow('at least one group');
    expect(await entryNames()).toEqual([]);
  });

  describe('append time', () => {
    it('takes the wall clock at the start only, then elapsed time', async () => {
      const writer = await opened();
      await writer.append('raw', [record]);
      clock.jump(-3_600_000);
      await clock.advance(250);
      await writer.append('raw', [record]);
      clock.jump(7_200_000);
      await clock.advance(250);
      await writer.append('raw', [record]);
      expect(await appendTimes()).toEqual([0, 250, 500]);
    });

    it('goes on from the newest entry when the wall clock is behind it', async () => {
      await clock.advance(1_000);
      const first = await opened();
      await first.append('raw', [record]);
      await first.close();
      clock.jump(-60_000);
      const second = await opened();
      await clock.advance(10);
      await second.append('raw', [record]);
      expect(await appendTimes()).toEqual([1_000, 1_010]);
    });

    it('is taken from the entry before when the newest is corrupt', async () => {
      await clock.advance(1_000);
      const first = await opened();
      for (let n = 0; n < 2; n++) await first.append('raw', [record]);
      await first.close();
      await writeFile(join(path, '0000000000000001.rec'), 'garbage');
      clock.jump(-60_000);
      await (await opened()).append('raw', [record]);
      expect(decodeEntry(await readFile(join(path, '0000000000000002.rec'))).appendedAt).toBe(start + 1_000);
    });
  });

  describe('numbers are never used twice', () => {
    const append = async (options: Partial<DirectoryLogWriterOptions> = {}): Promise<string | undefined> => {
      const writer = await opened(options);
      await writer.append('raw', [record]);
      await writer.close();
      return (await entryNames()).at(-1);
    };

    it('after a restart', async () => {
      expect([await append(), await append()]).toEqual(['0000000000000000.rec', '0000000000000001.rec']);
    });

    it('when all entries were removed: a cursor knows, also that of a group no longer configured', async () => {
      await append();
      await append();
      await finish('b', 2);
      for (const name of await entryNames()) await rm(join(path, name));
      expect(await append({ groups: ['a'] })).toBe('0000000000000002.rec');
    });

    it('when a writer that the lock did not keep out takes them', async () => {
      const writer = await opened({ maxEntries: 10 });
      await writer.append('raw', [record]);
      await writeFile(join(path, '0000000000000001.rec'), 'from elsewhere');
      await writer.append('raw', [record]);
      expect(await readFile(join(path, '0000000000000001.rec'), 'utf8')).toBe('from elsewhere');
      await finish('a', 7);
      await writer.append('raw', [record]);
      // A reader may have passed 3: what lies there comes once more behind it.
      const [, , ...own] = await entryNames();
      expect(own.map((name) => Number.parseInt(name, 10))).toEqual([2, 3, 7]);
      expect(await readFile(join(path, own[2]!))).toEqual(await readFile(join(path, own[1]!)));
    });

    it('when the newest entry was set aside', async () => {
      await append();
      await writeFile(join(path, 'bad', '0000000000000007.rec.bad'), '');
      expect(await append()).toBe('0000000000000008.rec');
    });
  });

  it('removes what a writer that was killed left half written', async () => {
    await mkdir(path, { recursive: true });
    await writeFile(join(path, '0000000000000004.rec.0f-3e.tmp'), 'half');
    await writeFile(join(path, 'notes.tmp'), "somebody else's");
    await (await opened()).append('raw', [record]);
    expect(await readdir(path)).toEqual(['0000000000000000.rec', 'bad', 'cursors', 'notes.tmp']);
  });

  it('is alone on its directory, by whatever path, until it is closed', async () => {
    const first = await opened();
    await symlink(path, join(folder, 'link'));
    const second = opened({ path: join(folder, 'link') });
    await expect(second).rejects.toThrow(InstanceLockError);
    await expect(second).rejects.toThrow(`is already the writer of the log in ${path}: stop it first`);
    await first.close();
    await opened({ path: join(folder, 'link') });
  });

  it('leaves no lock behind when it cannot be opened', async () => {
    await mkdir(path, { recursive: true });
    const entry = join(path, '0000000000000000.rec');
    await symlink(entry, entry);
    await expect(opened()).rejects.toThrow('ELOOP');
    await rm(entry);
    await opened();
  });

  describe('the queue', () => {
    async function full(): Promise<DirectoryLogWriter> {
      const writer = await opened();
      for (let n = 0; n < 3; n++) await writer.append('raw', [record]);
      return writer;
    }

    it('counts what not every group has finished', async () => {
      const writer = await full();
      expect(writer.depth()).toBe(3);
      await finish('a', 2);
      expect(writer.depth()).toBe(3);
      await finish('b', 1);
      expect(writer.depth()).toBe(2);
      await writeCursor(join(path, 'cursors', 'b'), { watermark: offsetOf(3, 0), base: 0 });
      expect(writer.depth()).toBe(1);
      await finish('a', 3);
      expect(writer.depth()).toBe(0);
    });

    it('makes an append wait for room, in turn', async () => {
      const writer = await full();
      const done: string[] = [];
      const waiting = ['x', 'y'].map((key) =>
        writer.append('raw', [{ ...record, key }]).then(() => done.push(key)),
      );
      for (let n = 0; n < 5; n++) await clock.advance(1_000);
      expect([done, (await entryNames()).length]).toEqual([[], 3]);
      await finish('a', 1);
      await finish('b', 1);
      await clock.advance(1_000);
      await waiting[0];
      expect([done, (await entryNames()).length]).toEqual([['x'], 4]);
      await finish('a', 2);
      await finish('b', 2);
      await clock.advance(1_000);
      await waiting[1];
      expect(done).toEqual(['x', 'y']);
    });

    it('lets go whoever aborts, the first and those behind it', async () => {
      const writer = await full();
      const [first, second] = [new AbortController(), new AbortController()];
      const head = writer.append('raw', [record], first.signal);
      const behind = writer.append('raw', [record], second.signal);
      second.abort(new Error('second gives up'));
      await expect(behind).rejects.toThrow('second gives up');
      first.abort(new Error('first gives up'));
      await expect(head).rejects.toThrow('first gives up');
      await finish('a', 3);
      await finish('b', 3);
      await writer.append('raw', [record]);
      expect(await entryNames()).toHaveLength(4);
    });

    it('rejects what waits when it is closed, and what comes later', async () => {
      const writer = await full();
      const waiting = [writer.append('raw', [record]), writer.append('raw', [record])];
      const closed = writer.close();
      for (const append of waiting) await expect(append).rejects.toThrow(`the log in ${path} is closed`);
      await closed;
      await expect(writer.append('raw', [record])).rejects.toThrow('is closed');
      expect(await entryNames()).toHaveLength(3);
    });
  });

  it('makes its directory anew when somebody removed it', async () => {
    const writer = await opened();
    await writer.append('raw', [record]);
    await rm(path, { recursive: true });
    await whileTimePasses(writer.append('raw', [record]));
    expect(await entryNames()).toEqual(['0000000000000001.rec']);
  });

  it('waits while its directory is away', async () => {
    const writer = await opened();
    const away = `${path}.away`;
    await rename(path, away);
    let done = false;
    const append = writer.append('raw', [record]).then(() => (done = true));
    await clock.advance(1_000);
    expect(done).toBe(false);
    await rename(away, path);
    await whileTimePasses(append);
  });
});
