import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@haproxystats/runtime';
import { eventually } from '../../../../test/harness/eventually';
import { OwnTime } from '../../../../test/support/own-time';
import { RecordedLog } from '../../../../test/support/recorded-log';
import { DirectoryLogReader } from './directory-log-reader';
import { DirectoryLogWriter } from './directory-log-writer';

describe('a log whose directory somebody has meddled with', () => {
  let folder: string;
  let path: string;
  let log: RecordedLog;
  let writer: DirectoryLogWriter;
  let reader: DirectoryLogReader | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meddled-'));
    path = join(folder, 'raw');
    log = new RecordedLog();
    reader = undefined;
    writer = await opened();
  });

  afterEach(async () => {
    await reader?.close();
    await writer.close();
    await rm(folder, { recursive: true });
  });

  const shared = () => ({ path, topic: 'raw', groups: ['a'], clock: systemClock, logger: log.logger });

  const opened = () => DirectoryLogWriter.open({ ...shared(), maxEntries: 100 });

  const append = (value: string): Promise<void> =>
    writer.append('raw', [{ key: '', headers: {}, value: Buffer.from(value) }]);

  /** Fills as records come. */
  function read(rescanMs: number): string[] {
    const values: string[] = [];
    reader = new DirectoryLogReader({ ...shared(), group: 'a', tickMs: 1_000, rescanMs });
    reader.start({
      record: async ({ value, next }, session) => {
        values.push(value.toString());
        await session.commit({ watermark: next, base: next });
      },
      tick: () => Promise.resolve(),
    });
    return values;
  }

  it.each(['bad', 'cursors'])('takes each append once when %s was removed', async (name) => {
    await append('1');
    await rm(join(path, name), { recursive: true });
    await append('2');
    expect((await readdir(path)).filter((entry) => entry.endsWith('.rec'))).toHaveLength(2);
    expect(log.texts()).toEqual([]);
  });

  it('takes appends with a folder among its cursors', async () => {
    await mkdir(join(path, 'cursors', 'x'));
    await append('1');
    expect(log.texts()).toEqual([]);
  });

  it('does not count on from a file with a number that no offset can tell', async () => {
    await append('1');
    await writer.close();
    await copyFile(join(path, `${'0'.repeat(16)}.rec`), join(path, `${'9'.repeat(16)}.rec`));
    writer = await opened();
    await append('2');
    const values = read(20);
    await append('3');
    await eventually(() => expect(values).toEqual(['1', '2', '3']));
  });

  it('is watched again when it was removed and made anew', async () => {
    const values = read(500);
    await append('1');
    await eventually(() => expect(values).toEqual(['1']));
    await rm(path, { recursive: true });
    await append('2');
    await eventually(() => expect(values).toEqual(['1', '2']));
    // It has looked just now: only the watch can tell it of these within the time.
    const time = new OwnTime();
    for (const value of ['3', '4', '5', '6']) {
      await append(value);
      await eventually(() => expect(values.at(-1)).toBe(value), { everyMs: 5 });
    }
    time.stop();
    expect(time.now()).toBeLessThan(1_500);
  });
});
