import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../test/support/load-config';
import { pullProgram } from './pull-program';

describe('haproxystats-pull', () => {
  const root = mkdtempSync(join(tmpdir(), 'pull-program-'));
  const file = join(root, 'file');

  beforeAll(() => writeFileSync(file, ''));
  afterAll(() => rmSync(root, { recursive: true }));

  const faultsOf = (text: string): readonly string[] =>
    loadConfig(text, { validators: pullProgram.validators }).faults;

  it('needs a spool that it can write', () => {
    expect(faultsOf(`[pull]\nservers = tcp://h:1\ndst-dir = ${file}/incoming\n`)).toEqual([
      `haproxystats.conf:3: option 'dst-dir' in section 'pull': read and write access is not granted for directory '${file}/incoming': it does not exist and cannot be made in '${file}': '${file}' is not a directory`,
    ]);
    expect(faultsOf(`[pull]\nmaster-socket = unix:///m\ndst-dir = ${file}/incoming\n`)).toHaveLength(1);
    expect(faultsOf(`[pull]\nsocket-dir = /run\ndst-dir = ${root}/incoming\n`)).toEqual([]);
  });

  it('needs none where it has nothing to poll', () => {
    expect(faultsOf(`[pull]\ndst-dir = ${file}/incoming\n`)).toEqual([]);
  });
});
