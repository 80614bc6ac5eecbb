import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FramePart } from '@haproxystats/messaging';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import {
  canMountSmallDisk,
  makeReadOnly,
  mountSmallDisk,
  unmountSmallDisk,
} from '../../../../test/support/small-disk';
import type { LineBlock } from '../graphite';
import { LocalStoreSink } from './local-store.sink';

const withDisk = canMountSmallDisk() ? describe : describe.skip;

/** A fifth of the disk. */
const text = `${'x'.repeat(199)}\n`.repeat(1_000);

function* lines(): Generator<LineBlock> {
  yield { bytes: Buffer.from(text), lines: 1_000 };
}

withDisk(
  'a disk that takes nothing, under a local store (skipped where no tmpfs can be mounted: run as root)',
  () => {
    let disk: string;

    beforeEach(async () => {
      disk = await mkdtemp(join(tmpdir(), 'full-disk-'));
      mountSmallDisk(disk);
    });
    afterEach(async () => {
      unmountSmallDisk(disk);
      await rm(disk, { recursive: true });
    });

    let failures: number;
    const now = Math.floor(Date.now() / 1000);

    function open(directory = disk): Promise<LocalStoreSink> {
      failures = 0;
      return LocalStoreSink.open(
        { directory, retentionMs: 3_600_000, maxBytes: 1e9 },
        {
          lines: { of: lines, reuse: () => undefined },
          clock: systemClock,
          logger: silentLogger,
          onFailure: () => failures++,
        },
      );
    }

    async function store(sink: LocalStoreSink, slot: number): Promise<readonly number[]> {
      const head = { node: 'lb1', slot: slot * 1000, coverage: { covered: 1, expected: 1 } };
      const part = { part: 0, parts: 1, frame: { head, tables: [] } } as unknown as FramePart;
      return (await sink.deliver([part], new AbortController().signal)).metrics;
    }

    it('when it is full costs the oldest slots, and no new one', async () => {
      const sink = await open();
      const slots = Array.from({ length: 9 }, (_, i) => now + i);
      for (const slot of slots) expect(await store(sink, slot)).toEqual([1_000]);
      expect(failures).toBeGreaterThan(0);
      const kept = (await readdir(disk)).map(Number);
      expect(kept).toEqual(slots.slice(-kept.length));
      expect(kept.length).toBeGreaterThan(2);
      for (const slot of kept)
        expect(await readFile(join(disk, String(slot), 'lb1/stats'), 'utf8')).toBe(text);
    });

    it('when it is full does not make wait what is older than all that is there', async () => {
      const sink = await open();
      const slots = Array.from({ length: 5 }, (_, i) => now + i);
      for (const slot of slots) expect(await store(sink, slot)).toEqual([1_000]);
      expect(await store(sink, now - 60)).toEqual([0]);
      expect((await readdir(disk)).map(Number).sort()).toEqual(slots);
    });

    it('is named as such when it is read-only', async () => {
      makeReadOnly(disk);
      await expect(open(join(disk, 'a/store'))).rejects.toThrow(
        `'dir' of [local-store] cannot be used, ${disk}/a/store: the file system is read-only: mount it for writing`,
      );
    });
  },
);
