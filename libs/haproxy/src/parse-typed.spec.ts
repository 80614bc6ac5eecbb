import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseTyped, TypedFormatError } from './parse-typed';

const testdata = join(__dirname, '../testdata');
const capture = (path: string) => parseTyped(readFileSync(join(testdata, path)));
const parse = (text: string) => parseTyped(Buffer.from(text));

function kindsOf(rows: ReturnType<typeof parseTyped>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(Object.groupBy(rows, ({ kind }) => kind)).map(([kind, list]) => [kind, list.length]),
  );
}

describe('parseTyped', () => {
  it.each([
    ['haproxy-1.8.0-nbproc4/p1/stat-typed.txt', { frontend: 2, backend: 2, server: 3 }],
    ['haproxy-1.8.0-nbproc4/p4/stat-typed.txt', { frontend: 1, backend: 1, server: 2 }],
    ['haproxy-2.6.12/stat-typed.txt', { frontend: 2, backend: 3, server: 7, listener: 2 }],
    ['haproxy-2.6.12/stat-without-listeners-typed.txt', { frontend: 2, backend: 3, server: 7 }],
    ['haproxy-2.6.12/resolvers-typed.txt', { nameserver: 2 }],
    ['haproxy-3.4.0/stat-typed.txt', { frontend: 2, backend: 3, server: 7, listener: 3 }],
    ['haproxy-3.4.0/resolvers-typed.txt', { nameserver: 2 }],
    ['haproxy-3.4.0/info-typed.txt', { daemon: 1 }],
  ])('reads %s', (path, kinds) => {
    expect(kindsOf(capture(path))).toEqual(kinds);
  });

  it('keeps tag, type and text of each value', () => {
    const [frontend] = capture('haproxy-3.4.0/stat-typed.txt');
    expect(frontend!.values.get('stot')).toEqual({ tag: 'MCPP', type: 'u64', text: '168' });
    expect(frontend!.values.get('pxname')).toEqual({ tag: 'KNSV', type: 'str', text: 'fe.http' });
  });

  it('reads a value with colons in it, a name with blanks, and no value', () => {
    const [info] = parse(
      '66.Build info.1:POS:str:a:b "c":\n54.Unstoppable Jobs.1:MGP:u32:1\n51.description.1:COS:str:\n',
    );
    expect([...info!.values].map(([name, { text }]) => [name, text])).toEqual([
      ['Build info', 'a:b "c":'],
      ['Unstoppable Jobs', '1'],
      ['description', ''],
    ]);
  });

  it('tells entities apart, also where several commands were answered', () => {
    const row = (head: string, name: string) => `${head}.0.${name}.1:MCP:u64:1\n`;
    const rows = parse(
      `${row('F.2.0', 'x')}\n${row('B.2.0', 'x')}${row('S.2.1', 'x')}${row('S.2.2', 'x')}\n0.Name.1:POS:str:HAProxy\n\n`,
    );
    expect(rows.map(({ kind }) => kind)).toEqual(['frontend', 'backend', 'server', 'server', 'daemon']);
  });

  it('takes a line that is no value for the next line of a text', () => {
    const [row] = parse('S.2.1.56.last_chk.1:MOP:str:two\nlines\nS.2.1.0.qcur.1:MGP:u32:0\n');
    expect(row!.values.get('last_chk')!.text).toBe('two\nlines');
  });

  it.each([
    ['the CSV', '# pxname,svname\nweb,FRONTEND\n'],
    ['show info', 'Name: HAProxy\n'],
    ['a refusal', 'Permission denied\n'],
    ['a line behind a number', 'F.2.0.4.scur.1:MGP:u32:0\nwhat\n'],
    ['an unknown letter', 'X.2.0.4.scur.1:MGP:u32:0\n'],
  ])('refuses %s', (_, text) => {
    expect(() => parse(text)).toThrow(TypedFormatError);
  });

  it('finds nothing in nothing', () => {
    expect(parse('\n\n')).toEqual([]);
  });

  it('never throws anything else, whatever the text', () => {
    const pieces = fc.constantFrom(
      'F.2.0.',
      '4.',
      'scur',
      '.1',
      ':MGP',
      ':u32',
      ':str',
      ':',
      '0',
      '\n',
      ' ',
      'N.0.id',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(pieces).map((list) => list.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          for (const { values } of parse(text)) expect(values.size).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(TypedFormatError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
