import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { canMountSmallDisk, mountSmallDisk, unmountSmallDisk } from '../../../../test/support/small-disk';
import { DirectoryLogReader } from './directory-log-reader';
import { DirectoryLogWriter } from './directory-log-writer';

const withDisk = canMountSmallDisk() ? describe : describe.skip;

withDisk('a full disk (skipped where no tmpfs can be mounted: run as root)', () => {
  let disk: string;

  beforeEach(async () => {
    disk = await mkdtemp(join(tmpdir(), 'full-disk-'));
    mountSmallDisk(disk);
  });

  afterEach(async () => {
    unmountSmallDisk(disk);
    await rm(disk, { recursive: true });
  });

  it('stops the writer until the reader, even one that starts now, has freed space; nothing is lost', async () => {
    const shared = { path: disk, topic: 'raw', groups: ['a'], clock: systemClock, logger: silentLogger };
    const writer = await DirectoryLogWriter.open({ ...shared, maxEntries: 1_000 });
    let appended = 0;
    const appends = (async () => {
      for (; appended < 60; appended++) {
        const value = Buffer.alloc(48 * 1024, appended);
        await writer.append('raw', [{ key: `${appended}`, headers: {}, value }]);
      }
    })();

    for (let before = -1; before !== appended;) {
      before = appended;
      await delay(200);
    }
    expect(appended).toBeGreaterThan(10);
    expect(appended).toBeLessThan(22);
    const unfinished = async (): Promise<boolean> =>
      (await readdir(disk)).some((name) => name.endsWith('.tmp'));
    for (const end = Date.now() + 5_000; (await unfinished()) && Date.now() < end;) await delay(3);
    expect(await unfinished()).toBe(false);

    // What is left would hold no record: the cursor must move without a new block.
    spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'ballast')}`, 'bs=4k']);
    expect((await statfs(disk)).bavail).toBe(0);

    const keys: string[] = [];
    const reader = new DirectoryLogReader({ ...shared, group: 'a', tickMs: 1_000 });
    reader.start({
      record: async ({ key, value, next }, session) => {
        expect(value.every((byte) => byte === Number(key))).toBe(true);
        keys.push(key);
        await session.commit({ watermark: next, base: next });
      },
      tick: () => Promise.resolve(),
    });
    await Promise.race([appends, reader.failure]);
    for (const end = Date.now() + 5_000; keys.length < 60 && Date.now() < end;) await delay(10);
    expect(keys).toEqual(Array.from({ length: 60 }, (_, n) => `${n}`));
    await reader.close();
    await writer.close();
  }, 60_000);
});
