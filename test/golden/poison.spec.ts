import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GoldenCase, goldenNames } from './golden-case';
import { readInputs } from './inputs';
import { referenceLines } from './reference';
import { loadConfig } from '../support/load-config';
import { replayed } from '../support/replayed';

/** What kills the original, and 10 s later an ordinary snapshot. */
const bad = '1700000000';
const good = '1700000010';

interface Outcome {
  /** Files that cannot be used, and why. */
  readonly complaints?: readonly (readonly [file: string, reason: RegExp])[];
  /** Why it does not start, and what in the configuration must be changed for it. */
  readonly refused?: { readonly because: RegExp; readonly mend: readonly [from: string, to: string] };
}

const outcomes: Readonly<Record<string, Outcome>> = {
  c1_proxy_named_NA: {},
  c3_all_numeric_names: {},
  c4_no_idle_pct: {},
  c6_stat_first_line_blank_info: {
    complaints: [
      ['admin1.sock_info', /^no line 'Name: number' in 'show info', which begins with '# pxname,/],
      ['admin1.sock_stat', /^no column 'pxname' in the first line, which begins with 'Name: HAProxy'/],
    ],
  },
  c8_local_store_without_dir: {},
  c9_bad_group_regex: {
    refused: {
      because: /^haproxystats.conf:19: group 'a' in section 'backend-groups': a '\$' begins/,
      mend: ['^be$', '^be$$$$'],
    },
  },
  c10_process_num_missing: {},
};

describe('what kills the original', () => {
  let work: string;
  let input: string;

  beforeEach(() => {
    work = mkdtempSync(join(tmpdir(), 'haproxystats-poison-'));
    input = join(work, 'input');
    mkdirSync(input);
  });
  afterEach(() => rmSync(work, { recursive: true }));

  /** A digest of every file below a directory. */
  function contents(directory: string): string[] {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => `${path} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`)
      .sort();
  }

  it('is known in full', () => expect(Object.keys(outcomes).sort()).toEqual(goldenNames('poison')));

  it.each(Object.keys(outcomes))('%s costs at most itself, and is named', async (name) => {
    const { complaints = [], refused } = outcomes[name]!;
    const golden = new GoldenCase('poison', name);
    cpSync(golden.input, input, { recursive: true });
    cpSync(join(new GoldenCase('cases', '10_per_process').input, bad), join(input, good), {
      recursive: true,
    });
    const before = contents(input);
    let config = golden.config({ work, port: 3002 });
    expect(loadConfig(config).faults).toEqual(refused ? [expect.stringMatching(refused.because)] : []);
    if (refused) config = config.replace(...refused.mend);

    const result = await replayed(config, { directory: input, hostname: 'lb1', semantics: 'classic' });
    expect(result.complaints).toEqual(
      complaints.map(
        ([each, reason]) =>
          expect.objectContaining({
            snapshot: join(input, bad),
            file: each,
            reason: expect.stringMatching(reason) as string,
            text: expect.stringContaining(join(input, bad, each)) as string,
          }) as unknown,
      ),
    );
    expect(result.status).toBe(complaints.length > 0 ? 2 : 0);
    const expected = (timestamp: string): string[] =>
      complaints.length > 0 && timestamp === bad
        ? []
        : [...referenceLines(config, readInputs(join(input, timestamp)))].map(
            ([path, value]) => `loadbalancers.lb1.haproxy.${path} ${value} ${timestamp}`,
          );
    const lines = result.out.split('\n').filter((line) => line !== '' && !line.includes('.haproxystats.'));
    expect(lines.sort()).toEqual([...expected(bad), ...expected(good)].sort());
    expect(contents(input)).toEqual(before);
  });
});
