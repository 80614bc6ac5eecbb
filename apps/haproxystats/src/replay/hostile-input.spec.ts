import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { replayed, type Replayed } from '../../../../test/support/replayed';

const mebibyte = 1024 * 1024;
const limit = 4 * mebibyte;
const tooLarge = (bytes: number): string =>
  `has ${bytes} bytes, ${limit} are allowed (reply-limit of [pull])`;

const header = '# pxname,svname,stot,type,\n';
const info = 'Name: HAProxy\nTasks: 3\n';
const stat = `${header}web,FRONTEND,5,0,\n`;
const html = '<!DOCTYPE html>\n<html><body><h1>503 Service Unavailable</h1></body></html>\n';

/** All that Graphite takes; and nothing in a path that splits it. */
const line = /^[A-Za-z0-9_:-]+(\.[A-Za-z0-9_:-]+)+ -?\d+(\.\d+)?(e[+-]?\d+)? \d{1,10}$/;

/** Beside a process that says what is expected, one that does not. */
describe('a process that says what no HAProxy says costs only itself:', () => {
  let directory: string;
  let input: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'haproxystats-hostile-'));
    input = join(directory, 'input');
    for (const timestamp of ['100', '200']) {
      await mkdir(join(input, timestamp), { recursive: true });
      await writeFile(join(input, timestamp, 'a_info'), info);
      await writeFile(join(input, timestamp, 'a_stat'), stat);
    }
  });
  afterEach(() => rm(directory, { recursive: true }));

  const path = (name: string): string => join(input, '100', name);

  /** What is said of the first snapshot. The second must be as if nothing had been. */
  async function replay(): Promise<{ lines: string[]; complaints: string[] } & Pick<Replayed, 'status'>> {
    const options = { directory: input, hostname: 'lb1', semantics: undefined };
    const { out, status, ...said } = await replayed(`[pull]\nreply-limit = ${limit}\n`, options);
    // Names that become the same in paths are warned of as well.
    const complaints = said.complaints.filter(({ snapshot }) => snapshot !== undefined);
    const lines = out.split('\n').slice(0, -1);
    expect(lines.filter((each) => !line.test(each))).toEqual([]);
    const own = lines
      .map((each) => each.replace('loadbalancers.lb1.haproxy.', ''))
      .filter((each) => !/^(coverage|haproxystats)\./.test(each));
    expect(own.slice(-2)).toEqual(['daemon.Tasks 3 200', 'frontend.web.stot 5 200']);
    expect(complaints.map(({ snapshot }) => snapshot)).toEqual(complaints.map(() => join(input, '100')));
    expect(status).toBe(complaints.length > 0 ? 2 : 0);
    return {
      lines: own.slice(0, -2).map((each) => each.replace(/ 100$/, '')),
      complaints: complaints.map(({ file, reason }) => `${file ?? ''}: ${reason!}`),
      status,
    };
  }

  const unharmed = ['daemon.Tasks 3', 'frontend.web.stot 5'];
  const withInfo = ['daemon.Tasks 6', 'frontend.web.stot 5'];

  it.each<[what: string, text: string | Buffer, complaint: string]>([
    ['nothing', '', "b_stat: 'show stat' is empty"],
    ['an empty line', '\n', "b_stat: no column 'pxname' in the first line, which is empty"],
    ['HTML', html, "b_stat: no column 'pxname' in the first line, which begins with '<!DOCTYPE html>'"],
    ['UTF-16', Buffer.from(stat, 'utf16le'), "b_stat: no column 'pxname' in the first line"],
    ['NUL bytes', Buffer.alloc(100_000), "b_stat: no line of 'show stat' ends within 65536 bytes"],
    ['one endless line', 'x,'.repeat(mebibyte), "b_stat: no line of 'show stat' ends within 65536 bytes"],
    [
      'a header of 50,000 columns',
      `# pxname,svname,type,${'c,'.repeat(30_000)}\n`,
      'b_stat: a header of 30004 columns',
    ],
    [
      'the other half',
      info,
      "b_stat: no column 'pxname' in the first line, which begins with 'Name: HAProxy'",
    ],
  ])('%s for show stat', async (_, text, complaint) => {
    await writeFile(path('b_info'), info);
    await writeFile(path('b_stat'), text);
    const { lines, complaints } = await replay();
    expect(lines).toEqual(withInfo);
    expect(complaints).toEqual([expect.stringContaining(complaint)]);
  });

  it.each<[what: string, text: string | Buffer, complaint: string]>([
    ['nothing', '', "b_info: 'show info' is empty"],
    ['HTML', html, "b_info: no line 'Name: number' in 'show info', which begins with '<!DOCTYPE html>'"],
    ['UTF-16', Buffer.from(info, 'utf16le'), "b_info: no line 'Name: number'"],
    ['the other half', stat, "b_info: no line 'Name: number' in 'show info', which begins with '# pxname"],
  ])('%s for show info', async (_, text, complaint) => {
    await writeFile(path('b_info'), text);
    await writeFile(path('b_stat'), stat);
    const { lines, complaints } = await replay();
    expect(lines).toEqual(['daemon.Tasks 3', 'frontend.web.stot 10']);
    expect(complaints).toEqual([expect.stringContaining(complaint)]);
  });

  it.each<[what: string, make: () => Promise<unknown>, complaints: string[]]>([
    ['no show stat at all', () => Promise.resolve(), ["b_stat: no 'show stat' of the process"]],
    ['a directory in its place', () => mkdir(path('b_stat')), ['b_stat: is no regular file']],
    ['a link to itself', () => symlink('b_stat', path('b_stat')), ['b_stat: ELOOP']],
    ['a pipe', () => Promise.resolve(spawnSync('mkfifo', [path('b_stat')])), ['b_stat: is no regular file']],
    [
      '200 MB',
      async () => {
        await writeFile(path('b_stat'), stat);
        await truncate(path('b_stat'), 200 * mebibyte);
      },
      [`b_stat: ${tooLarge(200 * mebibyte)}`],
    ],
    [
      'a small file that unfolds to 100 MB',
      () => writeFile(path('b_stat.gz'), gzipSync(Buffer.alloc(100 * mebibyte))),
      [`b_stat.gz: unfolds to more than ${limit} bytes (reply-limit of [pull])`],
    ],
    [
      'no gzip',
      () => writeFile(path('b_stat.gz'), stat),
      ['b_stat.gz: cannot be unfolded: incorrect header check'],
    ],
    [
      'half of a gzip',
      () => writeFile(path('b_stat.gz'), gzipSync(stat).subarray(0, 30)),
      ['b_stat.gz: cannot be unfolded: unexpected end of file'],
    ],
  ])('%s', async (_, make, complaints) => {
    await writeFile(path('b_info'), info);
    await make();
    const result = await replay();
    expect(result.lines).toEqual(withInfo);
    expect(result.complaints).toEqual(complaints.map((each) => expect.stringContaining(each) as string));
  });

  it('a file that this user may not read', async () => {
    await writeFile(path('b_info'), info);
    await writeFile(path('b_stat'), stat);
    await chmod(path('b_stat'), 0);
    const isRoot = process.getuid?.() === 0;
    const result = await replay();
    expect(result.complaints).toEqual(isRoot ? [] : [expect.stringContaining('b_stat: EACCES')]);
  });

  it('a megabyte of garbage below the header is rows that cannot be used', async () => {
    const garbage = Buffer.from(Array.from({ length: mebibyte }, (_, i) => (i * 7919 + (i >> 7)) & 0xff));
    await writeFile(path('b_info'), info);
    await writeFile(path('b_stat'), Buffer.concat([Buffer.from(stat), garbage]));
    const { lines, complaints } = await replay();
    expect(lines.slice(0, 2)).toEqual(['daemon.Tasks 6', 'frontend.web.stot 10']);
    expect(complaints).toEqual([
      expect.stringMatching(
        /^b_stat: \d+ rows of 'show stat' cannot be used, and 'show stat' ends within a line$/,
      ),
    ]);
  });

  it.each([
    ['400 digits', '9'.repeat(400)],
    ['more than a double holds', '1e309'],
    ['an exponent', '1e3'],
    ['a plus', '+5'],
    ['NaN', 'nan'],
    ['Infinity', 'inf'],
    ['a NUL byte in it', '5\0'],
    ['a quoted text', '"a ""b"" c"'],
  ])('a number with %s is a blank', async (_, number) => {
    await writeFile(path('b_info'), `${info}CurrConns: ${number}\n`);
    await writeFile(path('b_stat'), `${header}web,FRONTEND,${number},0,\n`);
    const { lines, complaints } = await replay();
    expect(lines).toEqual(withInfo);
    expect(complaints).toEqual([]);
  });

  it('a hexadecimal number is one in show info, which prints Tainted so, but none in show stat', async () => {
    await writeFile(path('b_info'), `${info}CurrConns: 0x10\n`);
    await writeFile(path('b_stat'), `${header}web,FRONTEND,0x10,0,\n`);
    const { lines } = await replay();
    expect(lines).toEqual(['daemon.Tasks 6', 'daemon.CurrConns 16', 'frontend.web.stot 5']);
  });

  it('numbers that are numbers count: -0, zeros before, 2^53 and beyond', async () => {
    await writeFile(path('b_info'), info);
    await writeFile(
      path('b_stat'),
      `${header}n,FRONTEND,-0,0,\nz,FRONTEND,0007,0,\nb,FRONTEND,9007199254740993,0,\nu,FRONTEND,9223372036854775807,0,\n`,
    );
    const { lines } = await replay();
    expect(lines.slice(2)).toEqual([
      'frontend.n.stot 0',
      'frontend.z.stot 7',
      'frontend.b.stot 9007199254740992',
      'frontend.u.stot 9223372036854776000',
    ]);
  });

  it('names with anything in them stay one segment of a path', async () => {
    const names = [
      'a b',
      'c/d',
      '../../x',
      'é',
      'x,y',
      'new\nline',
      'tab\there',
      'nul\0',
      '\u001b[31m',
      'a.b.c',
      '%s',
      '$(id)',
    ];
    const rows = names.map((name, i) => `"${name}",FRONTEND,${i},0,\n`).join('');
    await writeFile(path('b_info'), info);
    await writeFile(path('b_stat'), Buffer.from(header + rows, 'latin1'));
    const { lines, complaints } = await replay();
    expect(complaints).toEqual([]);
    expect(lines.slice(2)).toEqual([
      'frontend.a_b.stot 0',
      'frontend.c_d.stot 1',
      'frontend.______x.stot 2',
      'frontend._.stot 3',
      'frontend.x_y.stot 4',
      'frontend.new_line.stot 5',
      'frontend.tab_here.stot 6',
      'frontend.nul_.stot 7',
      'frontend.__31m.stot 8',
      'frontend.a_b_c.stot 9',
      'frontend._s.stot 10',
      'frontend.__id_.stot 11',
    ]);
  });

  it('more processes than a node has are refused as a whole', async () => {
    for (let i = 0; i < 1_100; i++) await writeFile(path(`p${i}_info`), info);
    const { lines, complaints } = await replay();
    expect(lines).toEqual([]);
    expect(complaints).toEqual([': holds files of 1101 processes, 1024 are allowed']);
  });

  it('nothing but the process itself is unharmed where both halves are bad', async () => {
    await writeFile(path('b_info'), html);
    await writeFile(path('b_stat'), html);
    const { lines, complaints } = await replay();
    expect(lines).toEqual(unharmed);
    expect(complaints).toHaveLength(2);
  });
});
