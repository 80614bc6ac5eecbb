import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
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
