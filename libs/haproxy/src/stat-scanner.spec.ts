import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { computedMs } from '../../../test/support/own-time';
import { batchRows, StatFormatError, stride, type ColumnUse } from './stat-header';
import { maxBadRows, StatScanner } from './stat-scanner';

const testdata = join(__dirname, '../testdata');
const textColumns = ['status', 'last_chk', 'mode', 'addr'];
const useOf = (name: string): ColumnUse =>
  textColumns.includes(name) ? 'text' : name === 'iid' ? 'none' : 'number';

/** A row as the scanner found it: kind, names, and the cells that are not blank. */
type Row = Record<string, string | number>;

interface Scanned {
  rows: Row[];
  badRows: number;
  inexact: number;
}

function scan(csv: Buffer | string, scanner = new StatScanner(useOf)): Scanned {
  const text = Buffer.from(csv);
  scanner.begin(text, scanner.layoutOf(text));
  const rows: Row[] = [];
  while (scanner.next()) rows.push(...rowsOf(scanner));
  return { rows, badRows: scanner.badRows, inexact: scanner.inexact };
}

function rowsOf({ rows: { layout, text, count, kinds, values, starts, ends } }: StatScanner): Row[] {
  return Array.from({ length: count }, (_, row) => {
    const cells: Row = { kind: kinds[row]! };
    layout.numbers.forEach((name, i) => {
      const value = values[i * stride + row]!;
      if (!Number.isNaN(value)) cells[name] = value;
    });
    layout.texts.forEach((name, i) => {
      const cell = i * stride + row;
      if (ends[cell]! > starts[cell]!) cells[name] = text.toString('latin1', starts[cell], ends[cell]);
    });
    expect(values[layout.numbers.length * stride + row]).toBeNaN();
    return cells;
  });
}

/** A slow and plain reader of CSV, byte after byte: records of fields, each with whether it was quoted. */
function plainRecords(csv: string): string[][] {
  const records: string[][] = [];
  const text = csv.endsWith('\n') ? csv : `${csv}\n`;
  for (let at = 0; at < text.length;) {
    if (text[at] === '\n') {
      at++;
      continue;
    }
    const record: string[] = [];
    for (let more = true; more; at++) {
      const field = /^(?:"(?:[^"]|"")*(?:"|$)[^,\n]*|[^,\n]*)/.exec(text.slice(at, -1))![0];
      record.push(/^"[^]*"$/.test(field) && field.length > 1 ? field.slice(1, -1) : field.replace(/^"/, ''));
      at += field.length;
      more = text[at] === ',';
    }
    records.push(record);
  }
  return records;
}

/** What is above 2^63 is below 0. */
function numberIn(cell: string): number {
  const isBelowZero = /^\d+$/.test(cell) && Number(cell) >= 2 ** 63 && Number(cell) <= 2 ** 64;
  return isBelowZero ? Number(BigInt.asIntN(64, BigInt(cell))) : Number(cell) + 0;
}

/** What the scanner should find. */
function plainScan(csv: string): Scanned {
  const end = csv.indexOf('\n') + 1;
  const names = csv
    .slice(0, end)
    .replace(/^#\s*/, '')
    .split(',')
    .map((name) => name.trim());
  const result: Scanned = { rows: [], badRows: 0, inexact: 0 };
  for (const record of plainRecords(csv.slice(end))) {
    const row: Row = {};
    names.forEach((name, i) => {
      const cell = record[i] ?? '';
      const isText = [...textColumns, 'pxname', 'svname'].includes(name);
      if (name === '' || name === 'iid' || names.indexOf(name) !== i || cell === '' || i >= record.length)
        return;
      if (isText) row[name] = cell;
      else if (/^-?\d{1,20}(\.\d{1,20})?$/.test(cell)) {
        row[name] = numberIn(cell);
        if (Math.abs(row[name]) > 2 ** 53 - 1) result.inexact++;
      }
    });
    const named = [row['pxname'], row['svname']].every(
      (name) => name !== undefined && String(name).length <= 1024,
    );
    if (record.length <= names.length && named && [0, 1, 2, 3].includes(row['type'] as number))
      result.rows.push({ kind: row['type']!, ...row });
    else result.badRows++;
  }
  return result;
}

describe('StatScanner', () => {
  it.each(['haproxy-2.6.12', 'haproxy-3.4.0', 'haproxy-1.8.0-nbproc4/p1', 'haproxy-1.8.0-nbproc4/p4'])(
    'finds in the capture of %s what a plain reader finds',
    (capture) => {
      const csv = readFileSync(join(testdata, capture, 'stat.csv'), 'latin1');
      const scanned = scan(csv);
      expect(scanned).toEqual(plainScan(csv));
      expect(scanned.rows.length).toBeGreaterThan(3);
      expect(scanned.badRows).toBe(0);
    },
  );

  it('finds columns by name, whatever their order, with or without blanks in front', () => {
    expect(scan('# svname,stot, req_rate,type,pxname,\nFRONTEND,7,8,0,web,\n').rows).toEqual([
      { kind: 0, type: 0, pxname: 'web', svname: 'FRONTEND', stot: 7, req_rate: 8 },
    ]);
  });

  it('takes the first of several columns of one name', () => {
    expect(scan('# pxname,svname,type,stot,stot,mode,mode\na,b,2,1,2,http,tcp\n').rows).toEqual([
      { kind: 2, type: 2, pxname: 'a', svname: 'b', stot: 1, mode: 'http' },
    ]);
  });

  it('reads quoted fields, with commas, doubled quotes and line ends in them', () => {
    const csv = '# pxname,svname,last_chk,stot,type,\nweb,"srv",", ""x"",\n,9",5,2,\nweb,b,,"6",2,"a\nb",\n';
    const { rows } = scan(`${csv}x,y,"open`);
    expect(rows).toEqual([
      { kind: 2, type: 2, pxname: 'web', svname: 'srv', last_chk: ', ""x"",\n,9', stot: 5 },
    ]);
    expect(scan('# pxname,svname,last_chk,stot,type,\nweb,"b",,"6",2\n').rows[0]).toMatchObject({ stot: 6 });
  });

  it('takes negative numbers and fractions, and text in a number column as nothing', () => {
    const csv = '# pxname,svname,type,a,b,c,d,e,f,g\nx,FRONTEND,0,-1,1.5,UP,Infinity,0x1f,1e3,-.5\n';
    expect(scan(csv).rows[0]).toEqual({ kind: 0, type: 0, pxname: 'x', svname: 'FRONTEND', a: -1, b: 1.5 });
  });

  it('takes a gauge that fell below 0 as that, though HAProxy prints it without a sign', () => {
    const csv = '# pxname,svname,type,a,b\nx,y,2,18446744073709551615,18446744073709551613\n';
    const { rows, inexact } = scan(csv);
    expect(rows[0]).toMatchObject({ a: -1, b: -3 });
    expect(inexact).toBe(0);
  });

  it('takes numbers of up to 20 digits, and counts those that are not exact', () => {
    const numbers = ['999999999', '1000000000', '2147483648', '9007199254740991', '4611686018427387904'];
    const csv = `# pxname,svname,type,a,b,c,d,e,f\nx,y,2,${numbers.join()},123456789012345678901\n`;
    const { rows, inexact } = scan(csv);
    expect(rows[0]).toMatchObject({ a: 999999999, b: 1e9, c: 2 ** 31, d: 2 ** 53 - 1, e: 2 ** 62 });
    expect(rows[0]).not.toHaveProperty('f');
    expect(inexact).toBe(1);
  });

  it('leaves out rows of no known type, and counts them', () => {
    const { rows, badRows } = scan(
      '# pxname,svname,type,stot\na,x,9,1\nb,x,2,2\nc,x,,3\nd\ne,x,2,4\nf,x,1.5,5\n',
    );
    expect(badRows).toBe(4);
    expect(rows.map(({ pxname, stot }) => [pxname, stot])).toEqual([
      ['b', 2],
      ['e', 4],
    ]);
  });

  it('leaves out rows with more fields than the header; nothing of them comes through', () => {
    const csv = '# pxname,svname,type,stot,mode\na,x,2,1,http,"6\n",7\nb,x,2,,\nc,x,2,,,\nd,x,2\n';
    expect(scan(csv)).toEqual({
      rows: ['b', 'd'].map((pxname) => ({ kind: 2, type: 2, pxname, svname: 'x' })),
      badRows: 2,
      inexact: 0,
    });
  });

  it('leaves out rows with a name of no or more than 1,024 bytes', () => {
    const csv = `# pxname,svname,type,stot\n,x,2,1\n${'a'.repeat(1025)},x,2,2\n${'b'.repeat(1024)},x,2,3\n`;
    const { rows, badRows } = scan(csv);
    expect([badRows, rows.length, rows[0]!['stot']]).toEqual([2, 1, 3]);
  });

  it('keeps the bytes of names that are no UTF-8', () => {
    const csv = Buffer.from('# pxname,svname,type\nh\xe9,\xff\xfe,2\n', 'latin1');
    expect(scan(csv).rows[0]).toMatchObject({ pxname: 'h\xe9', svname: '\xff\xfe' });
  });

  it('keeps a last line that is cut off as far as it goes', () => {
    expect(scan('# pxname,svname,type,a,b\nx,y,2,12').rows).toEqual([
      { kind: 2, type: 2, pxname: 'x', svname: 'y', a: 12 },
    ]);
  });

  it('finds no rows where there is only a header, or empty lines', () => {
    expect(scan('# pxname,svname,type,stot\n').rows).toEqual([]);
    expect(scan(`# pxname,svname,type,stot\n${'\n'.repeat(100_000)}`)).toEqual({
      rows: [],
      badRows: 0,
      inexact: 0,
    });
  });

  it('goes through more rows than it takes at a time, good and bad', () => {
    const lines = Array.from(
      { length: batchRows * 3 + 1 },
      (_, i) => `p${i},s,${i % 3 === 0 ? 9 : 2},${i}\n`,
    );
    const { rows, badRows } = scan(`# pxname,svname,type,stot\n${lines.join('')}`);
    expect(rows.map(({ pxname, stot }) => `${pxname} ${stot}`)).toEqual(
      lines.map((_, i) => `p${i} ${i}`).filter((_, i) => i % 3 !== 0),
    );
    expect(badRows).toBe(batchRows + 1);
  });

  it('takes as long for a bad row as it has bytes, however wide the header is', () => {
    const rows = 'x\n'.repeat(maxBadRows);
    const timeOf = (columns: number) => {
      const names = Array.from({ length: columns }, (_, i) => `x${i}`);
      const text = Buffer.from(`# pxname,svname,type,${names.join()}\n${rows}`);
      const scanner = new StatScanner(() => 'text');
      const layout = scanner.layoutOf(text);
      return computedMs(() => {
        for (let i = 0; i < 20; i++) {
          scanner.begin(text, layout);
          expect([scanner.next(), scanner.badRows]).toEqual([false, maxBadRows]);
        }
      });
    };
    timeOf(1);
    expect(timeOf(2_000)).toBeLessThan(40 * timeOf(1));
  });

  const goodRow = 'a,x,2,1\n';
  it.each([
    ['as many as are read', 'x\n'.repeat(maxBadRows) + goodRow, 1, false],
    ['one more', goodRow + 'x\n'.repeat(maxBadRows + 1) + goodRow, 1, true],
    ['more, but no more than good ones', `${goodRow}x\n`.repeat(maxBadRows * 2), maxBadRows * 2, false],
  ] as const)('gives up a text of nearly all bad rows: %s', (...[, rows, good, isGivenUp]) => {
    const scanner = new StatScanner(useOf);
    expect(scan(`# pxname,svname,type,stot\n${rows}`, scanner).rows).toHaveLength(good);
    expect(scanner.isGivenUp).toBe(isGivenUp);
    scan('# pxname,svname,type,stot\nx\n', scanner);
    expect(scanner.isGivenUp).toBe(false);
  });

  it.each([
    ['HTML', '<html>\n<body>Bad gateway</body>\n', "which begins with '<html>'"],
    ['nothing', '', "'show stat' is empty"],
    ['an empty line', '\n', "no column 'pxname' in the first line, which is empty"],
    ['no line end', '# pxname,svname,type', "no line of 'show stat' ends within 20 bytes"],
    [
      'a line without end',
      `# pxname,svname,type,${'x'.repeat(70_000)}\n`,
      "no line of 'show stat' ends within 65536 bytes",
    ],
    ['no type column', '# pxname,svname,stot\n', "no column 'type'"],
    [
      'show info',
      'Name: HAProxy\nVersion: 2.6\n',
      "no column 'pxname' in the first line, which begins with 'Name: HAProxy'",
    ],
    [
      'a header of 20,000 columns',
      `# pxname,svname,type${',x'.repeat(20_000)}\n`,
      'a header of 20003 columns',
    ],
    [
      'a header of 50,000 columns',
      `# pxname,svname,type${',x'.repeat(50_000)}\n`,
      "no line of 'show stat' ends",
    ],
  ])('refuses %s', (_, text, message) => {
    expect(() => scan(text)).toThrow(StatFormatError);
    expect(() => scan(text)).toThrow(message);
  });

  it('does not keep a column whose name is too long', () => {
    expect(scan(`# pxname,svname,type,${'x'.repeat(129)},a\nx,y,2,1,2\n`).rows[0]).toEqual({
      kind: 2,
      type: 2,
      pxname: 'x',
      svname: 'y',
      a: 2,
    });
  });

  it('uses its arrays again, and nothing of an earlier text comes through', () => {
    const scanner = new StatScanner(useOf);
    const header = '# pxname,svname,type,stot,mode\n';
    scan(`${header}a,x,2,1,http\nb,y,2,3,tcp\n`, scanner);
    const { values } = scanner.rows;
    expect(scan(`${header}c,z,2\n`, scanner).rows).toEqual([{ kind: 2, type: 2, pxname: 'c', svname: 'z' }]);
    expect(scanner.rows.values).toBe(values);
  });

  it('remembers headers by their bytes', () => {
    const scanner = new StatScanner(useOf);
    const header = (i: number) => Buffer.from(`# pxname,svname,type,x${i}\n`);
    const layout = scanner.layoutOf(header(0));
    expect(scanner.layoutOf(Buffer.from(`${header(0).toString()}a,b,2,3\n`))).toBe(layout);
    for (let i = 1; i <= 16; i++) scanner.layoutOf(header(i));
    expect(scanner.layoutOf(header(0))).not.toBe(layout);
  });

  it('finds what a plain reader finds, whatever the bytes', () => {
    const names = ['pxname', 'svname', 'type', 'stot', 'mode', 'x'];
    const header = fc
      .shuffledSubarray(names, { minLength: 6 })
      .chain((columns) => fc.constantFrom('', ',', ',iid').map((end) => `# ${columns.join()}${end}\n`));
    const cell = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', '1', '"', '\n', '-', '.', '2', '\xe9') }),
      fc.constantFrom('0', '1', '2', '3', '', '1', '12345678901', '-7', '1.25', '"2"', '"a,""b"""'),
    );
    const line = fc.array(cell, { minLength: 3, maxLength: 8 }).map((cells) => `${cells.join()}\n`);
    fc.assert(
      fc.property(header, fc.array(line), fc.string(), (first, lines, end) => {
        const csv = first + lines.join('') + Buffer.from(end, 'latin1').toString('latin1');
        expect(scan(Buffer.from(csv, 'latin1'))).toEqual(plainScan(csv));
      }),
      { numRuns: 2_000 },
    );
  });

  it('never throws anything but its own error', () => {
    const start = fc.constantFrom('# pxname,svname,type,stot\n', '# stot,type,svname,pxname,\n', '');
    fc.assert(
      fc.property(start, fc.uint8Array(), (header, bytes) => {
        try {
          scan(Buffer.concat([Buffer.from(header), bytes]));
        } catch (error) {
          expect(error).toBeInstanceOf(StatFormatError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
