import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { socketFiles } from './socket-dir.service';

describe('socketFiles', () => {
  let directory: string;
  const servers: Server[] = [];

  const listen = (path: string) =>
    new Promise<void>((resolve) => {
      servers.push(createServer().listen(path, resolve));
    });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'socket-dir-'));
  });

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
    await rm(directory, { recursive: true });
  });

  it('finds sockets and links to sockets, and nothing else', async () => {
    await mkdir(join(directory, 'deeper'));
    await listen(join(directory, 'a.sock'));
    await listen(join(directory, '.hidden.sock'));
    await listen(join(directory, 'deeper', 'b.sock'));
    await writeFile(join(directory, 'haproxy.pid'), '1');
    await symlink(join(directory, 'deeper', 'b.sock'), join(directory, 'linked.sock'));
    await symlink(join(directory, 'nowhere'), join(directory, 'broken.sock'));
    const { paths, problem } = await socketFiles(directory);
    expect([...paths].sort()).toEqual([join(directory, 'a.sock'), join(directory, 'linked.sock')]);
    expect(problem).toBeUndefined();
  });

  it('says which directory is missing instead of failing', async () => {
    const missing = join(directory, 'gone');
    const { paths, problem } = await socketFiles(missing);
    expect(paths).toEqual([]);
    expect(problem).toContain(missing);
    expect(problem).toContain('ENOENT');
  });
});
