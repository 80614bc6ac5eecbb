import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findHaproxy } from './find-haproxy';

describe('findHaproxy', () => {
  let directory: string;

  const program = async (name: string, script: string): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    return path;
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'find-haproxy-spec-'));
  });

  afterAll(() => rm(directory, { recursive: true }));

  it('takes the first that says it is HAProxy, by whichever spelling', async () => {
    const places = [
      join(directory, 'absent'),
      await program('other', 'echo nginx version 1.2.3'),
      await program('failing', 'echo HAProxy version 9.9; exit 1'),
      await program('old', 'echo "HA-Proxy version 1.8.0 2017/11/26"'),
      await program('new', 'echo "HAProxy version 3.2.0-1 2025/05/28 - https://haproxy.org/"'),
    ];
    expect(await findHaproxy(places)).toEqual({ binary: places[3], version: '1.8.0' });
    expect(await findHaproxy(places.slice(4))).toEqual({ binary: places[4], version: '3.2.0-1' });
  });

  it('finds none where there is none', async () => {
    expect(await findHaproxy([join(directory, 'absent'), directory])).toBeUndefined();
  });
});
