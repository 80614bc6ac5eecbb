import {
  differ,
  presenceBytes,
  type Column,
  type Frame,
  type Table,
  type TextColumn,
} from '@haproxystats/metrics';
import { RecordFormatError } from '../record-headers';
import { decodeFrame, encodeFrame } from './frame-codec';
import { frameRecords, readFramePart, readFrameStub } from './frame-record';
import { column, textColumn } from '../../../../test/support/frame-column';

const head: Frame['head'] = {
  scope: 'node',
  cluster: 'eu',
  node: 'lb1',
  slot: 1_700_000_010_000,
  intervalMs: 10_000,
  coverage: { covered: 3, expected: 4 },
  missing: [{ process: '/run/haproxy/4.sock', reason: 'timeout' }],
  semantics: 'exact',
  timings: { info: 0.5, parse: 2, frontend: 1, backend: 0, server: 3.25 },
};

const small: Frame = {
  head,
  tables: [
    {
      kind: 'daemon',
      proxies: [''],
      servers: [''],
      columns: [column('Idle_pct', 'sum', [150.5]), column('Idle_pct', 'weight', [2])],
      texts: [{ field: 'node', words: [], codes: Uint16Array.of(differ) }],
    },
    {
      kind: 'process',
      proxies: ['/run/haproxy/1.sock'],
      servers: [''],
      columns: [column('Pid', 'max', [4711])],
      texts: [textColumn('node', ['lb1'])],
    },
    {
      kind: 'server',
      proxies: ['be', 'be', 'api'],
      servers: ['s1', 's2', 'é'],
      columns: [
        column('stot', 'sum', [1, undefined, 2 ** 53]),
        column('rtime', 'weight', [undefined, 0.25, -1]),
        column({ name: 'news', rule: 'minMax' }, 'min', [3, 4, 5]),
      ],
      texts: [textColumn('status', ['UP', 'DOWN', 'UP']), textColumn('last_chk', ['', 'café', ''])],
    },
  ],
};

/** What version 2 of the codec wrote for `small`: what is stored must stay readable. */
const golden = [
  'SFNGMgEXAQAAeyJzY29wZSI6Im5vZGUiLCJjbHVzdGVyIjoiZXUiLCJub2RlIjoibGIxIiwic2xvdCI6MTcwMDAwMDAxMDAwMCwi',
  'aW50ZXJ2YWxNcyI6MTAwMDAsImNvdmVyYWdlIjp7ImNvdmVyZWQiOjMsImV4cGVjdGVkIjo0fSwibWlzc2luZyI6W3sicHJvY2Vz',
  'cyI6Ii9ydW4vaGFwcm94eS80LnNvY2siLCJyZWFzb24iOiJ0aW1lb3V0In1dLCJzZW1hbnRpY3MiOiJleGFjdCIsInRpbWluZ3Mi',
  'OnsiaW5mbyI6MC41LCJwYXJzZSI6MiwiZnJvbnRlbmQiOjEsImJhY2tlbmQiOjAsInNlcnZlciI6My4yNX19AmkAAAAGAGRhZW1v',
  'bgEAAAABAAAAAAABIQAAAAgASWRsZV9wY3QHAHRocmVhZHMDAHN1bQEAAAAAANBiQAQdAAAACABJZGxlX3BjdAcAdGhyZWFkcwYA',
  'd2VpZ2h0AQICCgAAAAQAbm9kZQAA//8CUwAAAAcAcHJvY2VzcwEAAAABAAAAEwAvcnVuL2hhcHJveHkvMS5zb2NrBRQAAAADAFBp',
  'ZAUAbGFiZWwDAG1heAFnEgIPAAAABABub2RlAQADAGxiMQEAAtcAAAAGAHNlcnZlcgMAAAACAAAAAgBiZQEAAAADAGFwaQIAczEC',
  'AHMyAgDDqQEhAAAABABzdG90AwBzdW0DAHN1bQUAAAAAAADwPwAAAAAAAEBDASoAAAAFAHJ0aW1lCAByZXF1ZXN0cwYAd2VpZ2h0',
  'BgAAAAAAANA/AAAAAAAA8L8EFwAAAAQAbmV3cwYAbWluTWF4AwBtaW4HAwQFAhoAAAAGAHN0YXR1cwIAAgBVUAQARE9XTgEAAgAB',
  'AAIZAAAACABsYXN0X2NoawEABQBjYWbDqQAAAQAAAA==',
].join('');

describe('frame records', () => {
  it('keep every number, name and blank', () => {
    expect(decodeFrame(encodeFrame(small))).toEqual(small);
    const [record] = frameRecords(small);
    expect(record).toMatchObject({
      key: 'eu/0',
      headers: {
        'hs-node': 'lb1',
        'hs-slot': '1700000010000',
        'hs-shard': '0/1',
        'hs-part': '0/1',
        'hs-covered': '3',
        'hs-expected': '4',
      },
    });
    expect(readFramePart(record!)).toEqual({ part: 0, parts: 1, frame: small });
  });

  it('stay as they were written: golden bytes', () => {
    expect(encodeFrame(small).toString('base64')).toBe(golden);
    expect(decodeFrame(Buffer.from(golden, 'base64'))).toEqual(small);
  });

  it('keep which columns are those of modules, unseen by readers that do not know of it', () => {
    const [{ kind, proxies, servers, texts }] = [small.tables[1]!];
    const fresh = { ...column({ name: 'fresh', rule: 'range' }, 'sum', [1]), module: true } as const;
    const columns = [column('Pid', 'max', [7]), fresh, { ...fresh, part: 'max' } as const];
    const frame: Frame = { head, tables: [{ kind, proxies, servers, columns, texts }] };
    const bytes = encodeFrame(frame);
    expect(decodeFrame(bytes)).toEqual(frame);
    const mark = Buffer.from('\x03\x07\0\0\0\x05\0fresh', 'latin1');
    expect(bytes.indexOf(mark)).toBe(bytes.length - mark.length);
    bytes[bytes.length - mark.length] = 200;
    const unmarked = columns.map(({ field, rule, part, values, present }) => ({
      field,
      rule,
      part,
      values,
      present,
    }));
    expect(decodeFrame(bytes).tables[0]!.columns).toEqual(unmarked);
  });

  it('are read past sections, columns and parts of columns that a later version adds', () => {
    const known = column('Tasks', 'sum', [1]);
    const columns = [
      column('x', 'quantile' as Column['part'], [1]),
      column({ name: 'y', rule: 'median' as Column['rule'] }, 'sum', [1]),
      column({ name: 'z', rule: 'toString' as Column['rule'] }, 'sum', [1]),
      known,
    ];
    const table = { ...small.tables[0]!, columns };
    const later: Frame = { head, tables: [{ ...table, kind: 'cluster' as Table['kind'] }, table] };
    expect(decodeFrame(encodeFrame(later)).tables).toEqual([{ ...table, columns: [known] }]);
    const section = Buffer.from([200, 3, 0, 0, 0, 1, 2, 3]);
    expect(decodeFrame(Buffer.concat([encodeFrame(small), section]))).toEqual(small);
  });

  it('are cut by size, each part with the head and its share of the rows', () => {
    const rows = 60_000;
    const addresses = Array.from({ length: rows }, (_, i) =>
      i % 3 === 0 ? '' : `10.0.${i >> 8}.${i & 255}:80`,
    );
    const random = (seed: number) =>
      Float64Array.from({ length: rows }, (_, i) => Math.abs(Math.sin(seed + i * 7.3)) * 1e15);
    const present = new Uint8Array(presenceBytes(rows)).fill(255);
    const table: Table = {
      kind: 'server',
      proxies: Array.from({ length: rows }, (_, i) => `be${Math.floor(i / 100)}`),
      servers: Array.from({ length: rows }, (_, i) => `s${i}`),
      columns: ['stot', 'bin', 'bout', 'rate', 'scur', 'econ'].map((field, i) => ({
        field,
        rule: 'sum',
        part: 'sum',
        values: random(i),
        present,
      })),
      texts: [
        textColumn('addr', addresses),
        textColumn(
          'mode',
          addresses.map(() => 'http'),
        ),
      ],
    };
    const [daemon, processes] = small.tables;
    const tables = [daemon!, processes!, table];
    const records = frameRecords({ head, tables });
    expect(records.length).toBeGreaterThan(2);
    for (const { value } of records) expect(value.length).toBeLessThanOrEqual(900_000);
    const parts = records.map(readFramePart);
    expect(new Set(parts.map(({ emission }) => emission)).size).toBe(1);
    const [anew] = frameRecords({ head: { ...head, timings: { ...head.timings, parse: 3 } }, tables });
    expect(readFrameStub(anew!).emission).not.toBe(parts[0]!.emission);
    expect(parts.map(({ part, parts: n }) => `${part}/${n}`)).toEqual(
      records.map((_, i) => `${i}/${records.length}`),
    );
    expect(parts[0]!.frame.tables.slice(0, 2)).toEqual([daemon, processes]);
    expect(parts.slice(1).every(({ frame }) => frame.tables.length === 1)).toBe(true);
    const cut = parts.map(({ frame }) => frame.tables.at(-1)!);
    expect(cut.flatMap(({ servers }) => servers)).toEqual(table.servers);
    expect(cut.flatMap(({ columns }) => [...columns[1]!.values])).toEqual([...table.columns[1]!.values]);
    const textsOf = ({ words, codes }: TextColumn) => [...codes].map((code) => words[code - 1] ?? '');
    expect(cut.flatMap(({ texts }) => textsOf(texts[0]!))).toEqual(addresses);
    expect(cut.every(({ texts }) => texts[0]!.words.length < rows / parts.length)).toBe(true);
    expect(cut[1]!.texts[1]!.words).toEqual(['http']);
  });

  it.each([
    ['more rows than a reader takes', { kind: 'frontend', rows: 200_008, columns: 2, value: 0, parts: 2 }],
    ['rows of three parts', { kind: 'server', rows: 400_001, columns: 0, value: 0, parts: 3 }],
    [
      'more bytes than a reader unfolds',
      { kind: 'backend', rows: 190_000, columns: 60, value: 2 ** 40, parts: 2 },
    ],
  ] as const)(
    'of idle rows, %s, are cut so that they can be read',
    (_, { kind, rows, columns, value, parts }) => {
      const present = new Uint8Array(presenceBytes(rows)).fill(0xff);
      const table: Table = {
        kind,
        proxies: new Array<string>(rows).fill('p'),
        servers: new Array<string>(rows).fill(kind === 'server' ? 's' : ''),
        columns: Array.from({ length: columns }, (_column, i) => ({
          field: `f${i}`,
          rule: 'sum',
          part: 'sum',
          values: new Float64Array(rows).fill(value),
          present,
        })),
        texts: [],
      };
      const records = frameRecords({ head, tables: [table] });
      expect(records.length).toBe(parts);
      const read = records.map((record) => readFramePart(record).frame.tables[0]);
      expect(read.reduce((sum, part) => sum + part!.proxies.length, 0)).toBe(rows);
      expect(read.every((part) => part!.columns.length === columns)).toBe(true);
    },
  );

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['another magic', (bytes) => Buffer.concat([Buffer.from('HSF1'), bytes.subarray(4)])],
    ['an early end', (bytes) => bytes.subarray(0, bytes.length - 3)],
    ['no head', () => Buffer.from('HSF2')],
    [
      'a run of names beyond the table',
      (bytes) =>
        Buffer.from(
          bytes.toString('latin1').replace('\x02\x00\x00\x00\x02\x00be', '\x09\x00\x00\x00\x02\x00be'),
          'latin1',
        ),
    ],
    [
      'a text without a word',
      (bytes) => Buffer.from(bytes.toString('latin1').replace('DOWN\x01\x00', 'DOWN\x03\x00'), 'latin1'),
    ],
  ])('with %s are refused', (_, change) => {
    expect(() => decodeFrame(change(encodeFrame(small)))).toThrow(RecordFormatError);
  });

  it('whose headers and bytes disagree are refused', () => {
    const [record] = frameRecords(small);
    expect(() => readFramePart({ ...record!, headers: { ...record!.headers, 'hs-node': 'lb2' } })).toThrow(
      RecordFormatError,
    );
  });
});

describe('the records of a cluster', () => {
  const ofCluster: Frame = {
    ...small,
    head: {
      ...head,
      scope: 'cluster',
      node: '',
      nodes: { seen: 1, expected: 2, missing: ['lb2'], keptOut: [{ node: 'lb3', reason: 'clock' }] },
      late: true,
    },
  };

  it('name no node', () => {
    const [record] = frameRecords(ofCluster);
    expect(record!.key).toBe('eu/0');
    expect(Object.keys(record!.headers)).not.toContain('hs-node');
    expect(readFramePart(record!).frame).toEqual(ofCluster);
    expect(readFrameStub(record!).frame).toEqual({ head: ofCluster.head, tables: [] });
  });

  it('and nothing else may: neither a frame of a node without its name, nor one of a cluster with one', () => {
    const [record] = frameRecords(ofCluster);
    const named = { ...record!, headers: { ...record!.headers, 'hs-node': 'lb1' } };
    expect(() => readFramePart(named)).toThrow(
      'the headers name node lb1, slot 1700000010000, its bytes a cluster',
    );
    const [own] = frameRecords(small);
    const unnamed = Object.fromEntries(Object.entries(own!.headers).filter(([name]) => name !== 'hs-node'));
    expect(() => readFramePart({ ...own!, headers: unnamed })).toThrow('the headers name a cluster');
    const heads = [
      { ...head, node: '' },
      { ...ofCluster.head, node: 'lb1' },
    ] as Frame['head'][];
    for (const bad of heads)
      expect(() => decodeFrame(encodeFrame({ ...small, head: bad }))).toThrow('the head');
  });

  it('are no part of none', () => {
    const [record] = frameRecords(small);
    const none = { ...record!, headers: { ...record!.headers, 'hs-part': '0/0' } };
    expect(() => readFramePart(none)).toThrow('a part of none');
  });
});
