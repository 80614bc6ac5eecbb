import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SourceId } from './source-id.service';

describe('SourceId', () => {
  let directory: string;
  let path: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'source-id-'));
    path = join(directory, 'deeper', 'source');
  });

  afterEach(() => rm(directory, { recursive: true }));

  it('stays the same over restarts until it is renewed', async () => {
    const first = await SourceId.open(path);
    const id = first.current;
    expect((await SourceId.open(path)).current).toBe(id);
    await first.renew();
    expect(first.current).not.toBe(id);
    expect((await SourceId.open(path)).current).toBe(first.current);
    expect(await readdir(join(directory, 'deeper'))).toEqual(['source']);
  });

  it('knows the last slot that was taken under it', async () => {
    const first = await SourceId.open(path);
    for (const slot of [1_700_000_000_000, 1_700_000_010_000]) await first.take(slot);
    const second = await SourceId.open(path);
    expect([second.current, second.lastSlot]).toEqual([first.current, 1_700_000_010_000]);
    expect(await readFile(path, 'utf8')).toBe(`${first.current}\n0001700000010000\n`);
    await second.renew();
    expect([second.lastSlot, (await SourceId.open(path)).lastSlot]).toEqual([0, 0]);
  });

  it('takes a file of an older version, which knew no slot', async () => {
    const id = '01234567-89ab-cdef-0123-456789abcdef';
    await mkdir(join(directory, 'deeper'));
    await writeFile(path, `${id}\n`);
    const source = await SourceId.open(path);
    expect([source.current, source.lastSlot]).toEqual([id, 0]);
    await source.take(5_000);
    expect((await SourceId.open(path)).lastSlot).toBe(5_000);
  });

  it('replaces what is no id', async () => {
    const damaged = join(directory, 'damaged');
    await writeFile(damaged, 'half an i');
    const { current } = await SourceId.open(damaged);
    expect(current).toMatch(/^[0-9a-f-]{36}$/);
    expect((await SourceId.open(damaged)).current).toBe(current);
  });

  it('names the file that cannot be read', async () => {
    await expect(SourceId.open(directory)).rejects.toThrow(/id of this puller.*EISDIR/);
  });
});
