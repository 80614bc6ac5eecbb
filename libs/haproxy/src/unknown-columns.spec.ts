import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { StatFormatError } from './stat-header';
import { findUnknown, tagsOf } from './unknown-columns';

const capture = (release: string) => {
  const read = (file: string) => readFileSync(join(__dirname, '../testdata', release, file));
  return { info: read('info.txt'), stat: read('stat.csv') };
};

const header = '# pxname,svname,type,iid,sid,stot,newcol,-,module_new,\n';
const infoText = 'Name: HAProxy\nVersion: 9.9.1\nTasks: 4\n';
const find = (rows: string, info = infoText) =>
  findUnknown({ info: Buffer.from(info), stat: Buffer.from(header + rows) });
const plain = ({ names }: ReturnType<typeof find>) => [...names].map(([kind, set]) => [kind, ...set]);

describe('findUnknown', () => {
  it.each(['haproxy-1.8.0-nbproc4/p1', 'haproxy-2.6.12', 'haproxy-3.4.0'])(
    'finds nothing new in %s',
    (release) => {
      const unknown = findUnknown(capture(release));
      expect([plain(unknown), unknown.command, unknown.isPartial]).toEqual([[], '', false]);
    },
  );

  it('asks for one row of each kind that has a value, and for the daemon', () => {
    const unknown = find(
      'web,FRONTEND,0,2,0,5,,-,7,\nweb,FRONTEND,0,3,0,5,1,-,7,\nbe,s1,2,4,1,5,2,-,,\nbe,s2,2,4,2,5,2,-,,\n',
      `${infoText}NewLine: 5\nNewText: five\n`,
    );
    expect(plain(unknown)).toEqual([
      ['frontend', 'module_new', 'newcol'],
      ['server', 'newcol'],
      ['daemon', 'NewLine'],
    ]);
    expect(unknown.command).toBe(
      'show stat 2 1 0 typed;show stat 3 1 0 typed;show stat 4 4 1 typed;show info typed',
    );
  });

  it('finds a column that HAProxy gives to a kind that has not had it', () => {
    const stat = '# pxname,svname,type,iid,sid,qcur,\nweb,FRONTEND,0,2,0,5,\nbe,BACKEND,1,3,0,5,\n';
    const unknown = findUnknown({ info: Buffer.from(infoText), stat: Buffer.from(stat) });
    expect([plain(unknown), unknown.command]).toEqual([[['frontend', 'qcur']], 'show stat 2 1 0 typed']);
  });

  const rows =
    'web,FRONTEND,0,2,0,5,1,-,2,\nbe,BACKEND,1,3,0,5,1,-,2,\nbe,s,2,3,1,5,1,-,2,\nweb,l,3,2,1,5,1,-,2,\n';

  it('is partial while a kind of row has no value in a new column', () => {
    expect(find(rows).isPartial).toBe(false);
    expect(find(rows.replace('1,-,2', '1,-,')).isPartial).toBe(true);
    expect(find(rows.replace('web,l,', 'web,FRONTEND,').replace(',3,2,1', ',0,2,0')).isPartial).toBe(true);
  });

  it('passes over what is learnt', () => {
    const one = { newcol: 'MCP', module_new: 'MGP' };
    const learnt = { frontend: one, backend: one, listener: one, daemon: { NewLine: 'MGP' } };
    const answer = { info: Buffer.from(`${infoText}NewLine: 5\n`), stat: Buffer.from(header + rows) };
    expect(plain(findUnknown(answer, { learnt }))).toEqual([['server', 'newcol', 'module_new']]);
    const all = findUnknown(answer, { learnt: { ...learnt, server: one } });
    expect([plain(all), all.command, all.isPartial]).toEqual([[], '', false]);
  });

  it('asks for no row that has no ids', () => {
    const strange = find('web,FRONTEND,0,2;quit,0,5,1,-,1,\n');
    expect([strange.command, strange.isPartial]).toEqual(['', true]);
    const withoutIds = Buffer.from('# pxname,svname,type,newcol\nweb,FRONTEND,0,1\n');
    expect(findUnknown({ info: Buffer.from(''), stat: withoutIds }).command).toBe('');
  });

  it('asks for a few rows only, however many would have another column', () => {
    const names = Array.from({ length: 500 }, (_, i) => `new${i}`);
    const rows = names.map(
      (_, i) => `web,FRONTEND,0,${i},0,${names.map((__, j) => (i === j ? '1' : '')).join()}`,
    );
    const stat = Buffer.from(`# pxname,svname,type,iid,sid,${names.join()}\n${rows.join('\n')}\n`);
    const unknown = findUnknown({ info: Buffer.from(''), stat });
    expect(unknown.command.split(';')).toHaveLength(4);
    expect(unknown.isPartial).toBe(true);
  });

  describe('of an answer without end', () => {
    const names = Array.from({ length: 250 }, (_, i) => `new${i}`);
    const head = `# pxname,svname,type,iid,sid,${names.join()}\n`;
    const kinds = [0, 1, 2, 3].map((type) => `web,x,${type},2,1,${names.map(() => 1).join()}\n`);
    const look = (text: string) => findUnknown({ info: Buffer.from(''), stat: Buffer.from(head + text) });

    it.each([
      ['rows', 'web,x,0,2,1\n'.repeat(70_000)],
      ['bad rows', 'x\n'.repeat(10_100)],
    ])('looks through so many %s, and says that there are more', (_, many) => {
      expect(look(kinds.join('')).isPartial).toBe(false);
      const begin = look(kinds.join('') + many);
      expect([begin.names.size, begin.isPartial]).toEqual([4, true]);
      const end = look(kinds[0]! + many + kinds[1]!);
      expect([[...end.names.keys()], end.isPartial]).toEqual([['frontend'], true]);
    });
  });

  it('keeps at most 256 names of a kind', () => {
    const names = Array.from({ length: 500 }, (_, i) => `new${i}`);
    const stat = `# pxname,svname,type,iid,sid,${names.join()}\nweb,FRONTEND,0,2,0,${names.map(() => 1).join()}\n`;
    expect(findUnknown({ info: Buffer.from(''), stat: Buffer.from(stat) }).names.get('frontend')!.size).toBe(
      256,
    );
  });

  it('throws StatFormatError or nothing', () => {
    const start = fc.constantFrom(header, '# pxname,svname,type,iid,sid,newcol\n', '');
    fc.assert(
      fc.property(
        start,
        fc.string({ unit: fc.constantFrom('a', '1', ',', '"', '\n', '-', '2') }),
        (head, rest) => {
          try {
            findUnknown({ info: Buffer.from(rest), stat: Buffer.from(head + rest) });
          } catch (error) {
            expect(error).toBeInstanceOf(StatFormatError);
          }
        },
      ),
    );
  });
});

describe('tagsOf', () => {
  it('takes the tags of the unknown names only', () => {
    const unknown = find('web,FRONTEND,0,2,0,5,1,-,7,\n', `${infoText}NewLine: 5\n`);
    const answer =
      'F.2.0.7.stot.1:MCPP:u64:5\nF.2.0.8.newcol.1:MGPV:u64:1\nF.2.0.9.module_new.1:MCP:u64:7\n\n83.NewLine.1:MMP:u32:5\n';
    expect(tagsOf(unknown, Buffer.from(answer))).toEqual({
      frontend: { newcol: 'MGPV', module_new: 'MCP' },
      daemon: { NewLine: 'MMP' },
    });
  });
});
