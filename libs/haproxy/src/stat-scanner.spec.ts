import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { entityKinds } from './field';
import { StatScanner, type StatRows } from './stat-scanner';
import { StatFormatError } from './stat-header';

const parseStat = (csv: Buffer, wanted: readonly string[]) => new StatScanner(wanted).scan(csv, 10_000);

const testdata = join(__dirname, '../testdata');
const columns = ['scur', 'stot', 'bin', 'hrsp_2xx', 'rtime', 'no_such_column'];

/** What the scanner should find, by the slow and plain way: for CSV without quotes. */
function plainRows(csv: string): Record<string, string>[] {
  const [header = '', ...lines] = csv.split('\n').filter((line) => line !== '');
  const names = header.replace(/^# /, '').split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? '']));
  });
}

function nameOf({ names, text }: StatRows, row: number): string {
  const [a, b, c, d] = names.subarray(row * 4, row * 4 + 4);
  return `${text.toString('latin1', a, b)} ${text.toString('latin1', c, d)}`;
}

describe('StatScanner', () => {
  it.each(['haproxy-2.6.12', 'haproxy-3.4.0', 'haproxy-1.8.0-nbproc4/p1', 'haproxy-1.8.0-nbproc4/p4'])(
    'finds in the capture of %s what a plain reader finds',
    (capture) => {
      const csv = readFileSync(join(testdata, capture, 'stat.csv'));
      const rows = parseStat(csv, columns);
      const plain = plainRows(csv.toString());
      expect(rows.count).toBe(plain.length);
      plain.forEach((cells, row) => {
        expect(nameOf(rows, row)).toBe(`${cells.pxname} ${cells.svname}`);
        expect(entityKinds[rows.kinds[row]!]).toBe(
          ['frontend', 'backend', 'server', 'listener'][Number(cells.type)],
        );
        columns.forEach((column, i) => {
          const cell = cells[column] ?? '';
          expect(rows.values[row * columns.length + i]).toBe(cell === '' ? NaN : Number(cell));
        });
      });
    },
  );

  it('finds columns by name, whatever their order', () => {
    const rows = parseStat(Buffer.from('# svname,stot,type,pxname,\nFRONTEND,7,0,web,\n'), ['stot']);
    expect([nameOf(rows, 0), rows.kinds[0], rows.values[0]]).toEqual(['web FRONTEND', 0, 7]);
  });

  it('reads quoted fields, with commas, doubled quotes and line ends in them', () => {
    const csv = '# pxname,svname,last_chk,stot,type,\nweb,"srv",", ""x"",\n,9",5,2,\nweb,b,,6,2,"a\nb",\n';
    const rows = parseStat(Buffer.from(csv), ['stot']);
    expect([...rows.values]).toEqual([5, 6]);
    expect(nameOf(rows, 0)).toBe('web srv');
  });

  it('takes negative numbers and fractions, and text in a number column as nothing', () => {
    const csv = '# pxname,svname,type,a,b,c,d\nx,FRONTEND,0,-1,1.5,UP,Infinity\n';
    expect([...parseStat(Buffer.from(csv), ['a', 'b', 'c', 'd']).values]).toEqual([-1, 1.5, NaN, NaN]);
  });

  it('leaves out rows of no known type, and counts them', () => {
    const csv = '# pxname,svname,type,stot\na,x,9,1\nb,x,2,2\nc,x,,3\nd\ne,x,2,4\n';
    const rows = parseStat(Buffer.from(csv), ['stot']);
    expect(rows.badRows).toBe(3);
    expect([nameOf(rows, 0), nameOf(rows, 1), ...rows.values]).toEqual(['b x', 'e x', 2, 4]);
  });

  it('leaves out rows with a name of no or more than 1,024 bytes', () => {
    const csv = `# pxname,svname,type,stot\n,x,2,1\n${'a'.repeat(1025)},x,2,2\n${'b'.repeat(1024)},x,2,3\n`;
    const rows = parseStat(Buffer.from(csv), ['stot']);
    expect([rows.badRows, ...rows.values]).toEqual([2, 3]);
  });

  it('takes rows that are shorter than it reserves room for, up to a bound', () => {
    const csv = (rows: number) => Buffer.from(`# pxname,svname,type,stot\n${'a,b,2,7\n'.repeat(rows)}`);
    expect(parseStat(csv(10_000), ['stot']).values.every((value) => value === 7)).toBe(true);
    expect(() => parseStat(csv(10_001), ['stot'])).toThrow('more than 10000 rows');
  });

  it('needs little memory for empty lines', () => {
    const csv = Buffer.concat([Buffer.from('# pxname,svname,type,stot\n'), Buffer.alloc(2_000_000, '\n')]);
    expect(parseStat(csv, ['stot']).values.buffer.byteLength).toBeLessThan(200_000);
  });

  it.each([
    ['HTML', '<html>\n<body>Bad gateway</body>\n'],
    ['nothing', ''],
    ['no line end', '# pxname,svname,type'],
    ['no type column', '# pxname,svname,stot\n'],
    ['a header of 50,000 columns', `# pxname,svname,type${',x'.repeat(50_000)}\n`],
  ])('refuses %s', (_, text) => {
    expect(() => parseStat(Buffer.from(text), ['stot'])).toThrow(StatFormatError);
  });

  it('uses its arrays again, and nothing of an earlier text comes through', () => {
    const scanner = new StatScanner(['stot', 'bin']);
    const header = '# pxname,svname,type,stot,bin\n';
    const first = scanner.scan(Buffer.from(`${header}a,x,2,1,2\nb,y,2,3,4\n`), 100);
    const { buffer } = first.values;
    expect(() => scanner.scan(Buffer.from(`${header}c,z,2,5,6\n<html>`), 1)).toThrow(StatFormatError);
    const again = scanner.scan(Buffer.from(`${header}c,z,2,5\n`), 100);
    expect([again.count, nameOf(again, 0), ...again.values]).toEqual([1, 'c z', 5, NaN]);
    expect(again.values.buffer).toBe(buffer);
  });

  it('never throws anything else, whatever the bytes', () => {
    const header = fc.constantFrom('# pxname,svname,type,stot\n', '# stot,type,svname,pxname,\n', '');
    fc.assert(
      fc.property(
        header,
        fc.string({ unit: fc.constantFrom('a', '1', ',', '"', '\n', '-', '.', '2') }),
        (start, rest) => {
          try {
            const rows = parseStat(Buffer.from(start + rest), ['stot']);
            expect(rows.values.length).toBe(rows.count);
          } catch (error) {
            expect(error).toBeInstanceOf(StatFormatError);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
