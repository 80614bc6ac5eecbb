import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCursor, decodeCursor, isCorruptCursor, readCursor, writeCursor } from './cursor-file';

describe('a cursor file', () => {
  let folder: string;
  let path: string;
  const position = (watermark: number): { watermark: number; base: number } => ({
    watermark,
    base: watermark - 1,
  });
  const stored = (): unknown => decodeCursor(readCursor(path)).position;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cursor-'));
    path = join(folder, 'group');
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('stands at the start before it exists and when it is new', async () => {
    expect(stored()).toEqual({ watermark: 0, base: 0 });
    await createCursor(path);
    expect(stored()).toEqual({ watermark: 0, base: 0 });
    expect(isCorruptCursor(readCursor(path))).toBe(false);
  });

  it('keeps the newest position, up to 2^53, in 64 bytes that never grow', async () => {
    for (const watermark of [5, 7, 9, Number.MAX_SAFE_INTEGER]) {
      await writeCursor(path, position(watermark));
      expect(stored()).toEqual(position(watermark));
      expect((await stat(path)).size).toBe(64);
    }
  });

  it('writes its slots in turn, in place', async () => {
    await writeCursor(path, position(5));
    const inode = (await stat(path)).ino;
    const first = await readFile(path);
    await writeCursor(path, position(6));
    const second = await readFile(path);
    await writeCursor(path, position(7));
    const third = await readFile(path);
    expect((await stat(path)).ino).toBe(inode);
    const changed = (a: Buffer, b: Buffer): boolean[] =>
      [0, 32].map((at) => !a.subarray(at, at + 32).equals(b.subarray(at, at + 32)));
    expect([changed(first, second), changed(second, third)]).toEqual([
      [true, false],
      [false, true],
    ]);
  });

  it('falls back to the position before when a write was torn at any byte', async () => {
    await writeCursor(path, position(5));
    const before = await readFile(path);
    await writeCursor(path, position(6));
    const after = await readFile(path);
    for (let torn = 0; torn < 32; torn++) {
      await writeFile(path, Buffer.concat([after.subarray(0, torn), before.subarray(torn)]));
      // Bytes 28 to 31 are spare: from there on the slot is whole.
      expect(stored()).toEqual(position(torn < 28 ? 5 : 6));
    }
  });

  it('goes on from a torn slot', async () => {
    for (const watermark of [5, 6]) await writeCursor(path, position(watermark));
    const torn = await readFile(path);
    torn[3]! ^= 1;
    await writeFile(path, torn);
    for (const watermark of [7, 8, 9]) {
      await writeCursor(path, position(watermark));
      expect(stored()).toEqual(position(watermark));
    }
  });

  it('stands at the start, and says so, when neither slot can be read', async () => {
    for (const watermark of [5, 6]) await writeCursor(path, position(watermark));
    const bytes = await readFile(path);
    bytes[0]! ^= 1;
    bytes[32]! ^= 1;
    expect(isCorruptCursor(bytes)).toBe(true);
    expect(decodeCursor(bytes).position).toEqual({ watermark: 0, base: 0 });
  });

  it('is completed without touching what it holds', async () => {
    for (const watermark of [5, 6]) await writeCursor(path, position(watermark));
    await truncate(path, 40);
    await createCursor(path);
    expect(stored()).toEqual(position(6));
    expect((await stat(path)).size).toBe(64);
  });
});
