import { spawnSync } from 'node:child_process';
import promises, { mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { systemClock } from '@haproxystats/runtime';
import { until } from '../../../../test/harness/eventually';
import { canMountSmallDisk, mountSmallDisk, unmountSmallDisk } from '../../../../test/support/small-disk';
import { DirectoryLogReader } from './directory-log-reader';
import { DirectoryLogWriter, type DirectoryLogWriterOptions } from './directory-log-writer';

const withDisk = canMountSmallDisk() ? describe : describe.skip;

let path: string;
let told: string[];
let shared: Pick<DirectoryLogWriterOptions, 'path' | 'topic' | 'groups' | 'clock' | 'logger'>;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'full-disk-'));
  told = [];
  const sink = { write: (line: string) => void told.push((JSON.parse(line) as { msg: string }).msg) };
  shared = { path, topic: 'raw', groups: ['a'], clock: systemClock, logger: pino({}, sink) };
});

afterEach(() => rm(path, { recursive: true }));

const open = (fsync = false): Promise<DirectoryLogWriter> =>
  DirectoryLogWriter.open({ ...shared, maxEntries: 1_000, fsync });

const append = (writer: DirectoryLogWriter, n: number, bytes: number): Promise<void> =>
  writer.append('raw', [{ key: `${n}`, headers: {}, value: Buffer.alloc(bytes, n) }]);

/** The keys of what is read from now on, each committed; throws for a torn value. */
function read(): { keys: number[]; reader: DirectoryLogReader } {
  const keys: number[] = [];
  const reader = new DirectoryLogReader({ ...shared, group: 'a', tickMs: 1_000 });
  reader.start({
    record: async ({ key, value, next }, session) => {
      if (!value.every((byte) => byte === (Number(key) & 255))) throw new Error(`${key} is torn`);
      keys.push(Number(key));
      await session.commit({ watermark: next, base: next });
    },
    tick: () => Promise.resolve(),
  });
  return { keys, reader };
}

const drafts = async (): Promise<string[]> => (await readdir(path)).filter((name) => name.endsWith('.tmp'));
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

withDisk('a full disk (skipped where no tmpfs can be mounted: run as root)', () => {
  beforeEach(() => void mountSmallDisk(path));
  afterEach(() => void unmountSmallDisk(path));

  const fill = async (): Promise<void> => {
    spawnSync('dd', ['if=/dev/zero', `of=${join(path, 'ballast')}`, 'bs=4k']);
    expect((await statfs(path)).bavail).toBe(0);
  };

  it('stops the writer until the reader, even one that starts now, has freed space; nothing is lost', async () => {
    const writer = await open();
    let appended = 0;
    const appends = (async () => {
      for (; appended < 60; appended++) await append(writer, appended, 48 * 1024);
    })();
    // Also on a machine that stops for a moment.
    for (let [before, looks] = [-1, 0]; looks < 4; looks++) {
      if (before !== appended) [before, looks] = [appended, 0];
      await delay(100);
    }
    expect(appended).toBeGreaterThan(10);
    expect(appended).toBeLessThan(22);
    await until(async () => (await drafts()).length === 0);
    // What is left would hold no record: the cursor must move without a new block.
    await fill();

    const { keys, reader } = read();
    await Promise.race([appends, reader.failure]);
    await until(() => keys.length === 60);
    expect(keys).toEqual(numbers(60));
    await reader.close();
    await writer.close();
  }, 60_000);

  it('is no hindrance from the start where the log was there before: positions are stored, and appends wait', async () => {
    const first = await open();
    for (let n = 0; n < 4; n++) await append(first, n, 100_000);
    await first.close();
    await fill();

    const writer = await open();
    const waiting = append(writer, 4, 100_000);
    await until(() => told.some((message) => message.includes('the disk is full: free space')));
    const { keys, reader } = read();
    await waiting;
    await until(() => keys.length === 5);
    expect(keys).toEqual(numbers(5));
    await reader.close();
    await writer.close();
  }, 30_000);

  it('where no log was before, is named with the directory; the log can be made when there is room', async () => {
    await fill();
    const elsewhere = { ...shared, path: join(path, 'deep', 'log') };
    // No block is left for a position.
    await expect(DirectoryLogWriter.open({ ...elsewhere, maxEntries: 10 })).rejects.toThrow(/ENOSPC/);
    await rm(join(path, 'ballast'));
    const writer = await DirectoryLogWriter.open({ ...elsewhere, maxEntries: 10 });
    await append(writer, 0, 10);
    await writer.close();
    expect(await readdir(elsewhere.path)).toContain('0000000000000000.rec');
  });
});

describe('a system call that finds no room', () => {
  afterEach(() => jest.restoreAllMocks());

  const full = (syscall: string): Error =>
    Object.assign(new Error('no space left'), { code: 'ENOSPC', syscall });

  /** The handles that are opened while `work` runs get their `method` replaced the first time. */
  function failOnce(
    method: 'writev' | 'datasync' | 'sync' | 'close',
    before?: (bytes: number) => number,
  ): () => number {
    const { open: reallyOpen } = promises;
    let failed = 0;
    jest.spyOn(promises, 'open').mockImplementation(async (...args) => {
      const file = await reallyOpen(...args);
      if (failed > 0 || (method === 'sync') !== (args[1] === undefined)) return file;
      const real = file[method].bind(file) as (...all: unknown[]) => Promise<unknown>;
      Object.assign(file, {
        [method]: async (pieces?: Buffer[]): Promise<unknown> => {
          if (failed++ > 0) return real(pieces);
          if (before) await file.write(Buffer.concat(pieces!).subarray(0, before(pieces!.length)));
          if (method === 'close') await real();
          throw full(method);
        },
      });
      return file;
    });
    return () => failed;
  }

  async function threeEntries(): Promise<{ keys: number[]; messages: string[] }> {
    const writer = await open(true);
    for (let n = 0; n < 3; n++) await append(writer, n, 5_000);
    await writer.close();
    const { keys, reader } = read();
    await until(() => keys.at(-1) === 2);
    await reader.close();
    expect(await readdir(join(path, 'bad'))).toEqual([]);
    return { keys, messages: told };
  }

  it.each(['writev', 'datasync', 'close', 'sync'] as const)(
    '%s: the append is repeated, and nothing comes twice',
    async (method) => {
      const failures = failOnce(method);
      const { keys, messages } = await threeEntries();
      expect(failures()).toBeGreaterThan(0);
      expect(keys).toEqual([0, 1, 2]);
      expect(messages[0]).toBe(
        `cannot append to the log in ${path}, trying again: the disk is full: free space, or let the readers catch up`,
      );
    },
  );

  it('in the middle of an entry: no part of it is ever to be seen', async () => {
    const failures = failOnce('writev', () => 2_000);
    expect((await threeEntries()).keys).toEqual([0, 1, 2]);
    expect(failures()).toBeGreaterThan(0);
  });

  it.each(['link', 'unlink'] as const)(
    '%s: the same; what is left of it goes with the next start',
    async (call) => {
      jest.spyOn(promises, call).mockImplementationOnce(() => Promise.reject(full(call)));
      const { keys, messages } = await threeEntries();
      expect(keys).toEqual([0, 1, 2]);
      expect(messages[0]).toMatch(
        call === 'link' ? 'cannot append to the log' : /cannot remove .*\.tmp: it stays/,
      );
      await (await open()).close();
      expect(await drafts()).toEqual([]);
    },
  );

  it('a file system without links is written to all the same', async () => {
    jest
      .spyOn(promises, 'link')
      .mockImplementation(() =>
        Promise.reject(Object.assign(new Error('not permitted'), { code: 'EPERM', syscall: 'link' })),
      );
    expect((await threeEntries()).keys).toEqual([0, 1, 2]);
    expect(told).toEqual([]);
  });
});
