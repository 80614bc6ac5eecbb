import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GoldenCase } from './golden-case';
import { mains, ownEnvironment, Program } from '../support/program';
import { replayed } from '../support/replayed';

const main = join(__dirname, '../..', mains.haproxystats);

describe('haproxystats replay', () => {
  let work: string;
  let file: string;

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'haproxystats-golden-'));
    file = join(work, 'haproxystats.conf');
  });
  afterAll(() => rmSync(work, { recursive: true }));

  function configured(golden: GoldenCase): string {
    const config = golden.config({ work, port: 3002 });
    writeFileSync(file, config);
    return config;
  }

  it.each([
    ['10_per_process', 0, /^1 snapshot of 4 processes replayed into \d+ lines; all could be used$/],
    ['32_stat_corrupt', 2, /^1 snapshot of 2 processes replayed into \d+ lines; 1 complaint above$/],
    ['44_synthetic_big', 0, /^1 snapshot of 4 processes replayed into 110385 lines; all could be used$/],
  ])(
    'writes the lines of %s to standard output, and what is to be said to standard error',
    async (name, status, summary) => {
      const golden = new GoldenCase('cases', name);
      const config = configured(golden);
      const { hostname, input: directory } = golden;
      const program = Program.start(
        'haproxystats',
        'replay',
        '-f',
        file,
        '--hostname',
        hostname,
        '--semantics',
        'classic',
        directory,
      );
      expect(await program.exited).toBe(status);
      const { out } = await replayed(config, { directory, hostname, semantics: 'classic' });
      expect(program.output).toBe(out);
      expect(program.complaints).toEqual([expect.stringMatching(summary)]);
      const snapshot = join(directory, '1700000000');
      expect(program.lines(/cannot be used$/)).toEqual(
        status === 0
          ? []
          : [
              expect.objectContaining({
                level: 'warn',
                snapshot,
                file: 'admin2.sock_stat',
                reason: "1 rows of 'show stat' cannot be used",
              }),
            ],
      );
    },
  );

  it('ends well when its reader has seen enough, and waits for a slow one', () => {
    const golden = new GoldenCase('cases', '44_synthetic_big');
    configured(golden);
    const replay = `"${process.execPath}" "${main}" replay -f "${file}" "${golden.input}"`;
    const pipe = (reader: string) =>
      spawnSync('bash', ['-c', `set -o pipefail; ${replay} | ${reader}`], {
        encoding: 'utf8',
        env: ownEnvironment(),
      });
    const few = pipe('head -n 5');
    expect([few.status, few.stdout.split('\n').length - 1]).toEqual([0, 5]);
    expect(few.stderr).not.toMatch(/error|fatal/i);
    const late = pipe('(sleep 2; wc -l)');
    expect(late.status).toBe(0);
    expect(late.stderr).toContain(`into ${late.stdout.trim()} lines`);
  });

  it.each([
    ['a directory that is not there', ['nowhere'], /^nowhere: there is no such directory$/m],
    ['no directory', [], /a directory of snapshots is needed, or --kafka/],
    [
      'another word for semantics',
      ['--semantics', 'modern', 'nowhere'],
      /Allowed choices are exact, classic/,
    ],
  ])('ends with status 1 for %s', async (_, args, said) => {
    writeFileSync(file, '');
    const program = Program.start('haproxystats', 'replay', '-f', file, ...args);
    expect(await program.exited).toBe(1);
    expect(program.tail()).toMatch(said);
    expect(program.output).toBe('');
  });

  it('ends with status 1 for a configuration with a fault, and names its line', async () => {
    const golden = new GoldenCase('poison', 'c9_bad_group_regex');
    configured(golden);
    const program = Program.start('haproxystats', 'replay', '-f', file, golden.input);
    expect(await program.exited).toBe(1);
    expect(program.complaints).toEqual([
      expect.stringMatching(`^${file}:19: group 'a' in section 'backend-groups'`),
    ]);
  });
});
