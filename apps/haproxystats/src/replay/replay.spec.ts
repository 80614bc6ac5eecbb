import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { replayed, type Replayed } from '../../../../test/support/replayed';

const header = '# pxname,svname,stot,type,\n';
const good = { info: 'Name: HAProxy\nTasks: 3\n', stat: `${header}web,FRONTEND,5,0,\n` };

/** All that Graphite takes; and nothing in a path that splits it. */
const line = /^[A-Za-z0-9_:-]+(\.[A-Za-z0-9_:-]+)+ -?\d+(\.\d+)?(e[+-]?\d+)? \d{1,10}$/;

describe('a replay', () => {
  let directory: string;
  let input: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'haproxystats-replay-'));
    input = join(directory, 'input');
    await mkdir(input);
  });
  afterEach(() => rm(directory, { recursive: true }));

  async function file(path: string, content: string | Buffer): Promise<void> {
    await mkdir(dirname(join(input, path)), { recursive: true });
    await writeFile(join(input, path), content);
  }

  /** A process that says what is expected. */
  async function process(path: string, { info, stat } = good): Promise<void> {
    await file(`${path}_info`, info);
    await file(`${path}_stat`, stat);
  }

  function replay(path = input, config = ''): Promise<Replayed> {
    return replayed(config, { directory: path, hostname: 'lb1', semantics: undefined });
  }

  /** The lines, each of them in order, by path below the host, without those about coverage and the program itself. */
  function linesOf({ out }: Replayed): string[] {
    const lines = out.split('\n').slice(0, -1);
    expect(lines.filter((each) => !line.test(each))).toEqual([]);
    return lines
      .map((each) => each.replace('loadbalancers.lb1.haproxy.', ''))
      .filter((each) => !/^(coverage|haproxystats)\./.test(each));
  }

  const reasons = ({ complaints }: Replayed): string[] =>
    complaints.map(
      ({ snapshot, file: name, reason }) =>
        `${join(snapshot!, name ?? '').slice(input.length + 1)}: ${reason!}`,
    );

  const one = (timestamp: number): string[] => [
    `daemon.Tasks 3 ${timestamp}`,
    `frontend.web.stot 5 ${timestamp}`,
  ];
  const two = (timestamp: number): string[] => [
    `daemon.Tasks 6 ${timestamp}`,
    `frontend.web.stot 10 ${timestamp}`,
  ];

  it('takes snapshots in the order of their time, whatever the length of their names', async () => {
    for (const timestamp of ['1700000010', '999', '1700000000']) await process(`${timestamp}/a`);
    const result = await replay();
    expect(linesOf(result)).toEqual([...one(999), ...one(1_700_000_000), ...one(1_700_000_010)]);
    expect(result.err).toBe('3 snapshots of 3 processes replayed into 36 lines; all could be used\n');
    expect(result.status).toBe(0);
  });

  it('merges the processes of a snapshot, plain and gzipped', async () => {
    await process('100/a');
    await file('100/b_info.gz', gzipSync(good.info));
    await file('100/b_stat.gz', gzipSync(good.stat));
    const result = await replay();
    expect(linesOf(result)).toEqual(two(100));
    expect(result.out).toContain('lb1.haproxy.coverage.covered 2 100\n');
    expect(result.status).toBe(0);
  });

  it.each([
    ['has a header alone', header, "'show stat' has no rows below its header", one(100)],
    [
      'is cut',
      `${good.stat}api,FRON`,
      "1 rows of 'show stat' cannot be used, and .* ends within a line",
      two(100),
    ],
  ])(
    'counts what is good of a show stat that %s, and ends with status 2',
    async (...[, stat, reason, lines]) => {
      await process('100/a');
      await process('100/b', { info: good.info, stat });
      const result = await replay();
      expect(linesOf(result)).toEqual(['daemon.Tasks 6 100', ...lines.slice(1)]);
      expect(result.out).toContain('lb1.haproxy.coverage.covered 1 100\n');
      expect(reasons(result)).toEqual([expect.stringMatching(`^100/b_stat: ${reason}$`)]);
      expect(result.status).toBe(2);
    },
  );

  it('says which columns nobody knows how to combine, and what is not exact', async () => {
    const wide = (row: string) => ({
      info: good.info,
      stat: `# pxname,svname,stot,type,mode,fresh,newer,\nweb,FRONTEND,${row},\n`,
    });
    await process('100/a', wide(`9223372036854775807,0,${'x'.repeat(2_000)},3,4`));
    await process('100/b', wide('5,0,http,3,4'));
    await process('200/a', wide('5,0,http,3,4'));
    const { err, status } = await replay();
    expect(err.split('\n').slice(1)).toEqual([
      'columns left out, because nothing says how to combine them over processes: fresh, newer',
      '1 text left out: too long, or too many',
      expect.stringMatching(
        /^\d+ numbers? beyond 2\^53, as printed or added up: their last digits are lost$/,
      ),
      '',
    ]);
    expect(status).toBe(0);
  });

  it('takes a directory with files of processes for the one snapshot that it is', async () => {
    await process('100/a');
    expect(linesOf(await replay(join(input, '100')))).toEqual(one(100));
    await process('today/a');
    await expect(replay(join(input, 'today'))).rejects.toThrow(
      'its name must be their time in seconds since the epoch',
    );
  });

  it('ends with status 1 where there is nothing to replay, and says why', async () => {
    await file('notes', 'x');
    const none =
      'holds no snapshots; they are directories <timestamp> with files <process>_info and <process>_stat';
    for (const [path, why] of [
      [join(input, 'nowhere'), 'there is no such directory'],
      [join(input, 'notes'), 'is no directory'],
      [input, none],
    ] as const) {
      expect(await replay(path)).toMatchObject({ status: 1, out: '', err: `${path}: ${why}\n` });
    }
  });

  it.each([
    ['exclude-frontends', '', 1],
    ['exclude-backends', '', 1],
    ['exclude-backends', 'aggr-server-metrics = true\n', 2],
  ])('does not say that all could be used where %s could not, %s', async (...[option, also, complaints]) => {
    await process('100/a');
    await process('200/a');
    const names = join(directory, 'names');
    const config = `[process]\n${also}${option} = ${names}\n`;
    const result = await replay(input, config);
    expect(linesOf(result)).toEqual([...one(100), ...one(200)]);
    const why = `[process] ${option}: '${names}' cannot be used: ENOENT`;
    expect(result.complaints.map(({ text }) => text)).toEqual(
      new Array(complaints).fill(expect.stringContaining(why)),
    );
    expect(result.err).toMatch(new RegExp(`; ${complaints} complaints? above\n$`));
    expect(result.status).toBe(2);
    await writeFile(names, 'nobody\n');
    expect(await replay(input, config)).toMatchObject({ status: 0, complaints: [] });
  });

  it('passes over what is no snapshot', async () => {
    await process('100/a');
    await process('.hidden/a');
    await file('cursors/group', 'x');
    await file('notes', 'x');
    await file('100/notes', 'x');
    await file('100/.b_info', 'x');
    expect(await replay()).toMatchObject({ status: 0, complaints: [] });
  });

  it.each<[what: string, make: (path: string) => Promise<unknown>, complaints: readonly string[]]>([
    ['no number', (path) => process(`${path}x/b`), ['100x: its name is no time in seconds since the epoch']],
    [
      'a time that never comes',
      () => process('9999999999/b'),
      ['9999999999: its name is no time in seconds since the epoch'],
    ],
    ['empty', (path) => mkdir(join(input, `${path}1`)), ['1001: holds no *_info and no *_stat file']],
    [
      'a link to nowhere',
      (path) => symlink('nowhere', join(input, `${path}1`)),
      [`1001: ENOENT: no such file or directory, opendir '`],
    ],
  ])('names a directory that is %s, and replays the others', async (_, make, complaints) => {
    await process('100/a');
    await make('100');
    await process('200/a');
    const result = await replay();
    expect(linesOf(result)).toEqual([...one(100), ...one(200)]);
    expect(reasons(result)).toEqual(complaints.map((each) => expect.stringContaining(each) as string));
    expect(result.status).toBe(2);
    expect(result.err).toMatch(/1 complaint above\n$/);
  });
});
