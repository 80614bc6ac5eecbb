import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../test/support/load-config';
import { processValidators, storeValidators } from './validate-process';

let work: string;

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'store-place-'));
  mkdirSync(join(work, 'in'));
  symlinkSync(join(work, 'in'), join(work, 'link'));
});

afterAll(() => rmSync(work, { recursive: true }));

/** What is said of the store where logs are in `in`, `in.frames` and `spool`. */
function faultOf(dir: string, more = '', validators = processValidators): string | undefined {
  const text = `[local-store]\ndir = ${dir}\n[pull]\ndst-dir = @/spool\n[process]\nsrc-dir = @/in\n${more}`;
  const { faults } = loadConfig(text.replaceAll('@', work), { validators });
  expect(faults.length).toBeLessThan(2);
  return faults[0]
    ?.replace("haproxystats.conf:2: option 'dir' in section 'local-store': ", '')
    .replaceAll(work, '@');
}

const modes: readonly (readonly [string, string])[] = [
  ['where directories are the logs', ''],
  ['where Kafka is the log', '[kafka]\nbrokers = k:9092\n'],
  ['where the store is left to another process', 'roles = graphite\n'],
];

describe.each(modes)('the place of the local store, %s', (_, more) => {
  it.each([
    ['@/in', "'@/in' is 'src-dir' of section 'process' as well: choose a directory of its own"],
    ['@/spool/', "'@/spool/' is 'dst-dir' of section 'pull' as well: choose a directory of its own"],
    [
      '@/a/../in.frames',
      "'@/a/../in.frames' is 'frames-dir' of section 'process' as well: choose a directory of its own",
    ],
    ['@/link', "'@/link' is 'src-dir' of section 'process' as well: choose a directory of its own"],
    [
      '@/in/store',
      "'@/in/store' lies in 'src-dir' of section 'process', '@/in': choose a directory outside of it",
    ],
    [
      '@/link/a/b',
      "'@/link/a/b' lies in 'src-dir' of section 'process', '@/in': choose a directory outside of it",
    ],
    [
      '@/spool/x',
      "'@/spool/x' lies in 'dst-dir' of section 'pull', '@/spool': choose a directory outside of it",
    ],
  ])('is not %s', (dir, fault) => {
    expect(faultOf(dir, more)).toBe(fault);
    expect(faultOf(dir, more, storeValidators)).toBe(fault);
  });

  it.each(['@/store', '@/incoming', '@/in.framesets', '@/spool2/x', '@'])('may be %s', (dir) => {
    expect(faultOf(dir, more)).toBeUndefined();
  });
});

describe('validateStoredShards', () => {
  const faultsOf = (text: string) => loadConfig(text, { validators: storeValidators }).faults;

  it('refuses shards where files are kept that have all of a node', () => {
    const store = `[local-store]\ndir = ${work}/store\n`;
    expect(faultsOf(`${store}[cluster]\nshards = 2\n`)).toEqual([
      expect.stringContaining(
        "option 'shards' in section 'cluster': must be 1 where 'dir' of [local-store] is set",
      ),
    ]);
    expect([faultsOf(`${store}[cluster]\nshards = 1\n`), faultsOf('[cluster]\nshards = 2\n')]).toEqual([
      [],
      [],
    ]);
  });
});
