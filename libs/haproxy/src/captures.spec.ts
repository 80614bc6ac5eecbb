import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fieldNamed } from './catalogue';
import { entityKinds, type EntityKind } from './field';
import { ruleFacts } from './rule';
import { parseInfo } from './parse-info';
import { parseTyped, type TypedRow } from './parse-typed';
import { stride, type ColumnUse } from './stat-header';
import { StatScanner } from './stat-scanner';
import { ruleOfTag } from './tags';

const testdata = join(__dirname, '../testdata');
const read = (...path: string[]) => readFileSync(join(testdata, ...path));

/** HAProxy processes whose CSV and typed output were taken one right after the other. */
const processes = [
  'haproxy-1.8.0-nbproc4/p1',
  'haproxy-1.8.0-nbproc4/p2',
  'haproxy-1.8.0-nbproc4/p3',
  'haproxy-1.8.0-nbproc4/p4',
  'haproxy-2.6.12',
  'haproxy-3.4.0',
];

interface Difference {
  readonly capture: RegExp;
  readonly kinds: readonly EntityKind[];
  readonly names: string;
  readonly why: string;
}

/** Where the CSV and the typed output of a capture differ, and why they may. */
const differences: readonly Difference[] = [
  {
    capture: /1\.8/,
    kinds: ['daemon'],
    names: 'CumConns CumReq Run_queue ConnRate SessRate',
    why: 'the connection that asks is counted, and the rates of the last second fade',
  },
  {
    capture: /2\.6/,
    kinds: ['daemon'],
    names:
      'ActivePeers BytesOutRate CompressBpsIn CompressBpsOut ConnRate CumConns CumReq Idle_pct Jobs SessRate Tasks TotalBytesOut Uptime_sec',
    why: 'a second lies between the two',
  },
  {
    capture: /2\.6/,
    kinds: ['frontend'],
    names: 'rate req_rate conn_rate',
    why: 'rates of the last second fade',
  },
  { capture: /2\.6/, kinds: ['backend', 'server'], names: 'rate', why: 'rates of the last second fade' },
  {
    capture: /2\.6|3\.4/,
    kinds: ['backend'],
    names: 'h1_total_connections h1_total_streams h1_bytes_in h1_bytes_out',
    why: 'health checks go on',
  },
  { capture: /3\.4/, kinds: ['server'], names: 'check_duration', why: 'health checks go on' },
  {
    capture: /3\.4/,
    kinds: ['daemon'],
    names:
      'BytesOutRate CumConns CumReq CumStreams Idle_pct PoolAlloc_bytes PoolUsed_bytes Tasks TotalBytesOut Uptime_sec',
    why: 'a second lies between the two',
  },
];

/** What of the table was met: `release kind name`. */
const met = new Set<string>();

function mayDiffer(capture: string, kind: EntityKind, name: string): boolean {
  const row = differences.find(
    ({ capture: release, kinds, names }) =>
      release.test(capture) && kinds.includes(kind) && names.split(' ').includes(name),
  );
  if (row) met.add(`${row.capture.source} ${kind} ${name}`);
  return row !== undefined;
}

/** A row of the CSV: what the scanner finds in the columns that are not blank. */
interface CsvRow<Cell> {
  readonly kind: EntityKind;
  readonly cells: ReadonlyMap<string, Cell>;
}

function scan<Cell>(
  csv: Buffer,
  use: ColumnUse,
  cellsOf: (scanner: StatScanner, row: number) => Map<string, Cell>,
) {
  const scanner = new StatScanner(() => use);
  const rows: CsvRow<Cell>[] = [];
  scanner.begin(csv, scanner.layoutOf(csv));
  while (scanner.next()) {
    const { count, kinds } = scanner.rows;
    for (let i = 0; i < count; i++) rows.push({ kind: entityKinds[kinds[i]!]!, cells: cellsOf(scanner, i) });
  }
  expect(scanner.badRows).toBe(0);
  return rows;
}

function textRows(csv: Buffer): CsvRow<string>[] {
  return scan(csv, 'text', ({ rows: { layout, text, starts, ends } }, row) => {
    const cell = (i: number) => text.toString('utf8', starts[i * stride + row], ends[i * stride + row]);
    const cells = layout.texts.map((name, i) => [name, cell(i).replaceAll('""', '"')] as const);
    return new Map(cells.filter(([, text]) => text !== ''));
  });
}

function numberRows(csv: Buffer): CsvRow<number>[] {
  return scan(csv, 'number', ({ rows: { layout, values } }, row) => {
    const cells = layout.numbers.map((name, i) => [name, values[i * stride + row]!] as const);
    return new Map(cells.filter(([, value]) => !Number.isNaN(value)));
  });
}

/** What differs between a row of the CSV and its typed row, `-` and `type` aside: the first is no field, the other always kept as a number. */
function differing(csv: CsvRow<string>, typed: TypedRow): string[] {
  const names = new Set([...csv.cells.keys(), ...typed.values.keys()]);
  return [...names].filter(
    (name) =>
      name !== '-' && name !== 'type' && csv.cells.get(name) !== (typed.values.get(name)?.text || undefined),
  );
}

describe.each(processes)('the captures of %s', (capture) => {
  const csv = read(capture, 'stat.csv');
  const typed = parseTyped(read(capture, 'stat-typed.txt'));
  const typedInfo = parseTyped(read(capture, 'info-typed.txt'))[0]!;

  it('say the same as CSV and typed, row by row and field by field', () => {
    const rows = textRows(csv);
    expect(rows.map(({ kind }) => kind)).toEqual(typed.map(({ kind }) => kind));
    const unexplained = rows.flatMap((row, i) =>
      differing(row, typed[i]!)
        .filter((name) => !mayDiffer(capture, row.kind, name))
        .map((name) => `${row.cells.get('pxname')}/${row.cells.get('svname')} ${name}`),
    );
    expect(unexplained).toEqual([]);
  });

  it('are read as the numbers that the typed output says they are', () => {
    const unexplained = numberRows(csv).flatMap(({ kind, cells }, i) =>
      [...typed[i]!.values]
        .filter(([name, { type, text }]) => type !== 'str' && cells.get(name) !== Number(text))
        .filter(
          ([name]) => fieldNamed(kind, name)?.exact.processes !== 'text' && !mayDiffer(capture, kind, name),
        )
        .map(([name]) => `${kind} ${name}`),
    );
    expect(unexplained).toEqual([]);
  });

  it('say the same of the daemon as lines and typed', () => {
    const { numbers, texts } = parseInfo(read(capture, 'info.txt'));
    const said = new Map([...numbers, ...texts].map(([name, value]) => [name, String(value)]));
    const names = [...typedInfo.values.keys()].filter((name) => name !== 'Uptime');
    const unexplained = names.filter((name) => {
      const { name: ours = name } = fieldNamed('daemon', name) ?? {};
      return said.get(ours) !== typedInfo.values.get(name)!.text && !mayDiffer(capture, 'daemon', name);
    });
    expect(unexplained).toEqual([]);
    expect(said.size).toBe(names.length);
  });

  it('hold nothing that the catalogue does not know, under the tags that it knows', () => {
    const wrong = [...typed, typedInfo].flatMap(({ kind, values }) =>
      [...values]
        .filter(([name, { tag }]) => fieldNamed(kind, name)?.tag !== tag.slice(0, 3))
        .map(([name, { tag }]) => `${kind} ${name} ${tag}`),
    );
    // Rows of a backend have the tag of another kind's row: HAProxy fixed it for `rate` in 3.0.
    expect(wrong.filter((text) => !/^backend (rate|rate_max) MGPV?$/.test(text))).toEqual([]);
  });
});

describe('the known differences', () => {
  it('are all met', () => {
    const listed = differences.flatMap(({ capture, kinds, names }) =>
      kinds.flatMap((kind) => names.split(' ').map((name) => `${capture.source} ${kind} ${name}`)),
    );
    expect([...met].toSorted()).toEqual(listed.toSorted());
  });
});

describe('other captures', () => {
  const others = ['stat-no-maint.csv', 'stat-up.csv'];

  it.each(others)('%s: fewer rows of the same columns', (file) => {
    const all = textRows(read('haproxy-2.6.12', 'stat.csv'));
    const rows = textRows(read('haproxy-2.6.12', file));
    expect(rows.length).toBeLessThan(all.length);
    expect(rows.every(({ cells }) => cells.has('status') && cells.has('stot'))).toBe(true);
  });

  it('info-float.txt: fractions', () => {
    const { numbers } = parseInfo(read('haproxy-2.6.12', 'info-float.txt'));
    expect(numbers.size).toBe(parseInfo(read('haproxy-2.6.12', 'info.txt')).numbers.size);
    expect([...numbers.values()].some((value) => !Number.isInteger(value))).toBe(true);
  });

  it('resolvers: the CSV says the same as the typed output', () => {
    const [header = '', ...lines] = read('haproxy-2.6.12', 'resolvers.csv').toString().trim().split('\n');
    const names = header.slice(2, -1).split(',');
    const typed = parseTyped(read('haproxy-2.6.12', 'resolvers-typed.txt'));
    const rows = typed.map(({ values }) => names.map((name) => values.get(name)?.text).join(','));
    expect(rows).toEqual(lines.map((line) => line.slice(0, -1)));
  });

  it('every typed capture is read in full', () => {
    const files = readdirSync(testdata, { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.endsWith('typed.txt') || path.includes('typed-'),
    );
    expect(files.length).toBeGreaterThan(15);
    for (const file of files) {
      const text = read(file);
      const lines = text
        .toString()
        .split('\n')
        .filter((line) => line !== '').length;
      expect(parseTyped(text).reduce((sum, { values }) => sum + values.size, 0)).toBe(lines);
    }
  });
});

/** What a column of the table counts: the fields of a kind for which a capture has a value. */
const shares: readonly (readonly [
  title: string,
  counts: (kind: EntityKind, name: string, tag: string) => boolean,
])[] = [
  ['seen', () => true],
  ['known', (kind, name) => fieldNamed(kind, name) !== undefined],
  ['combined', (kind, name) => isCombined(kind, name)],
  ['kept by tag', (kind, name, tag) => !fieldNamed(kind, name) && ruleOfTag(tag) !== undefined],
];

/** Its values become one, as numbers or as a text. */
function isCombined(kind: EntityKind, name: string): boolean {
  const rule = fieldNamed(kind, name)?.exact.processes;
  if (rule === undefined || rule === 'label') return false;
  return (
    Object.keys(ruleFacts[rule].steps).length > 0 || ['status', 'worst', 'text', 'recompute'].includes(rule)
  );
}

describe('the fields of HAProxy', () => {
  it('are counted by release and kind', () => {
    const lines = [['', '', ...shares.map(([title]) => title)]];
    const captures = ['haproxy-1.8.0-nbproc4/p1', 'haproxy-2.6.12', 'haproxy-3.4.0'];
    for (const capture of captures) {
      for (const [kind, tags] of tagsByKind(capture)) {
        const counts = shares.map(
          ([, counts]) => [...tags].filter(([name, tag]) => counts(kind, name, tag)).length,
        );
        lines.push([capture.split('/')[0]!, kind, ...counts.map(String)]);
        expect(counts[0]).toBe(counts[1]);
      }
    }
    process.stdout.write(
      `${lines.map((line) => line.map((cell, i) => cell.padEnd(i ? 12 : 24)).join('')).join('\n')}\n`,
    );
  });
});

function tagsByKind(capture: string): Map<EntityKind, Map<string, string>> {
  const files = readdirSync(join(testdata, capture)).filter((file) =>
    /^(stat|info|resolvers)-typed/.test(file),
  );
  const kinds = new Map<EntityKind, Map<string, string>>();
  for (const { kind, values } of files.flatMap((file) => parseTyped(read(capture, file)))) {
    const tags = kinds.get(kind) ?? new Map<string, string>();
    for (const [name, { tag }] of values) tags.set(name, tag);
    kinds.set(kind, tags);
  }
  return kinds;
}
