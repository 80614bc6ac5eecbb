import { mkdtempSync, renameSync, rmSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordedLog } from '../../../test/support/recorded-log';
import { NameFile } from './name-file';

describe('NameFile', () => {
  let directory: string;
  let path: string;
  let now: number;
  let log: RecordedLog;
  let file: NameFile;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'names-'));
    path = join(directory, 'names');
    now = 0;
    log = new RecordedLog();
    const { logger } = log;
    file = new NameFile(path, '[process] exclude-frontends', { clock: { monotonic: () => now }, logger });
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  /** What is read a second later. */
  function later(): string[] {
    now += 1_000;
    return [...file.names()];
  }

  it('takes names without blanks around them, their dots as _, and passes over comments and empty lines', () => {
    writeFileSync(path, 'www\n  a.b.c \r\n\n # old\n#older\nc#d\nlast');
    expect(later()).toEqual(['www', 'a_b_c', 'c#d', 'last']);
  });

  it('reads the file again when it has changed, and looks at most once a second', () => {
    writeFileSync(path, 'a\n');
    expect(later()).toEqual(['a']);
    writeFileSync(path, 'b\nc\n');
    now += 999;
    expect([...file.names()]).toEqual(['a']);
    now += 1;
    expect([...file.names()]).toEqual(['b', 'c']);
  });

  it('sees a change of the same length, in the file or by another file in its place', () => {
    writeFileSync(path, 'a\n');
    expect(later()).toEqual(['a']);
    writeFileSync(path, 'b\n');
    utimesSync(path, 1, 1);
    expect(later()).toEqual(['b']);
    writeFileSync(`${path}.new`, 'c\n');
    utimesSync(`${path}.new`, 1, 1);
    renameSync(`${path}.new`, path);
    expect(later()).toEqual(['c']);
  });

  it('keeps the last good list, and says once what is wrong', () => {
    writeFileSync(path, 'a\nb\n');
    later();
    unlinkSync(path);
    expect(later()).toEqual(['a', 'b']);
    expect(later()).toEqual(['a', 'b']);
    expect(log.texts('error')).toEqual([
      `[process] exclude-frontends: '${path}' cannot be used: ENOENT: no such file or directory, open '${path}'. The 2 names read before stay excluded until the file is right`,
    ]);
    writeFileSync(path, 'c\n');
    expect(later()).toEqual(['c']);
    unlinkSync(path);
    later();
    expect(log.texts('error').length).toBe(2);
  });

  it('excludes nothing while there has been no good list', () => {
    expect(later()).toEqual([]);
    expect(log.texts('error')[0]).toContain('Nothing is excluded until');
  });

  it.each([
    ['too many names', () => writeFileSync(path, Array.from({ length: 100_001 }, (_, i) => i).join('\n'))],
    ['too large', () => writeFileSync(path, '#'.repeat(1_000_001))],
    ['no file', () => execFileSync('mkfifo', [path])],
  ])('refuses what is %s', (_, make) => {
    make();
    expect(later()).toEqual([]);
    expect(log.texts('error')[0]).toMatch(
      /100001 names, 100000 are|1000001 bytes, 1000000 are|no regular file/,
    );
  });
});
