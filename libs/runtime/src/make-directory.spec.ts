import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  canMountSmallDisk,
  makeReadOnly,
  mountSmallDisk,
  unmountSmallDisk,
} from '../../../test/support/small-disk';
import { makeDirectory } from './make-directory';

describe('makeDirectory', () => {
  let work: string;

  beforeEach(async () => {
    work = await mkdtemp(join(tmpdir(), 'make-directory-'));
  });
  afterEach(() => rm(work, { recursive: true }));

  it('makes what is missing, and leaves what is there', async () => {
    await Promise.all(['a/b/c', 'a/b/c', 'a/b/d'].map((path) => makeDirectory(join(work, path))));
    await makeDirectory(join(work, 'a/b'));
    expect((await readdir(join(work, 'a/b'))).sort()).toEqual(['c', 'd']);
  });

  it('names what is in the way', async () => {
    await writeFile(join(work, 'file'), '');
    await symlink(join(work, 'nowhere'), join(work, 'link'));
    await expect(makeDirectory(join(work, 'file'))).rejects.toThrow('EEXIST');
    await expect(makeDirectory(join(work, 'file/below'))).rejects.toThrow('ENOTDIR');
    await expect(makeDirectory(join(work, 'link'))).rejects.toThrow('ENOENT');
  });

  it.each(['/proc/haproxystats', '/proc/haproxystats/a/b', '/proc/self/haproxystats'])(
    'comes to an end where nothing can be made: %s',
    async (path) => {
      await expect(makeDirectory(path)).rejects.toThrow('ENOENT');
    },
  );

  const withDisk = canMountSmallDisk() ? it : it.skip;

  withDisk('says so where the file system is read-only (skipped where none can be mounted)', async () => {
    mountSmallDisk(work);
    try {
      await mkdir(join(work, 'there'));
      makeReadOnly(work);
      await expect(makeDirectory(join(work, 'a/b'))).rejects.toThrow('EROFS');
      await expect(makeDirectory(join(work, 'there/a'))).rejects.toThrow('EROFS');
      await makeDirectory(join(work, 'there'));
    } finally {
      unmountSmallDisk(work);
    }
  });
});
