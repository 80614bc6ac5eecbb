import { presenceBytes, type Column, type Frame, type Table } from '@haproxystats/metrics';
import { RecordFormatError } from '../record-headers';
import { decodeFrame, encodeFrame } from './frame-codec';
import { frameRecords, readFramePart } from './frame-record';
import { column } from '../../../../test/support/frame-column';

const head: Frame['head'] = {
  scope: 'node',
  cluster: 'eu',
  node: 'lb1',
  slot: 1_700_000_010_000,
  intervalMs: 10_000,
  coverage: { covered: 3, expected: 4 },
  missing: [{ process: '/run/haproxy/4.sock', reason: 'timeout' }],
};

const small: Frame = {
  head,
  tables: [
    {
      kind: 'daemon',
      proxies: [''],
      servers: [''],
      columns: [column('Idle_pct', 'sum', [150.5]), column('Idle_pct', 'count', [2])],
    },
    {
      kind: 'server',
      proxies: ['be', 'be', 'api'],
      servers: ['s1', 's2', 'é'],
      columns: [
        column('stot', 'sum', [1, undefined, 2 ** 53]),
        column('rtime', 'weight', [undefined, 0.25, -1]),
      ],
    },
  ],
};

/** What version 1 of the codec wrote for `small`: what is stored must stay readable. */
const golden = [
  'SFNGMQG7AAAAeyJzY29wZSI6Im5vZGUiLCJjbHVzdGVyIjoiZXUiLCJub2RlIjoibGIxIiwic2xvdCI6MTcwMDAwMDAxMDAwMCwi',
  'aW50ZXJ2YWxNcyI6MTAwMDAsImNvdmVyYWdlIjp7ImNvdmVyZWQiOjMsImV4cGVjdGVkIjo0fSwibWlzc2luZyI6W3sicHJvY2Vz',
  'cyI6Ii9ydW4vaGFwcm94eS80LnNvY2siLCJyZWFzb24iOiJ0aW1lb3V0In1dfQJOAAAABgBkYWVtb24BAAAAAQAAAAAAARgAAAAI',
  'AElkbGVfcGN0AwBzdW0BAAAAAADQYkABGgAAAAgASWRsZV9wY3QFAGNvdW50AQAAAAAAAABAAm8AAAAGAHNlcnZlcgMAAAACAAAA',
  'AgBiZQEAAAADAGFwaQIAczECAHMyAgDDqQEcAAAABABzdG90AwBzdW0FAAAAAAAA8D8AAAAAAABAQwEgAAAABQBydGltZQYAd2Vp',
  'Z2h0BgAAAAAAANA/AAAAAAAA8L8=',
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

  it('are read past sections, columns and parts of columns that a later version adds', () => {
    const later: Frame = {
      head,
      tables: [{ ...small.tables[0]!, columns: [column('x', 'quantile' as Column['part'], [1])] }],
    };
    expect(decodeFrame(encodeFrame(later)).tables[0]?.columns).toEqual([]);
    const section = Buffer.from([200, 3, 0, 0, 0, 1, 2, 3]);
    expect(decodeFrame(Buffer.concat([encodeFrame(small), section]))).toEqual(small);
  });

  it('are cut by size, each part with the head and its share of the rows', () => {
    const rows = 60_000;
    const random = (seed: number) =>
      Float64Array.from({ length: rows }, (_, i) => Math.abs(Math.sin(seed + i * 7.3)) * 1e15);
    const present = new Uint8Array(presenceBytes(rows)).fill(255);
    const table: Table = {
      kind: 'server',
      proxies: Array.from({ length: rows }, (_, i) => `be${Math.floor(i / 100)}`),
      servers: Array.from({ length: rows }, (_, i) => `s${i}`),
      columns: ['stot', 'bin', 'bout', 'rate', 'scur', 'econ'].map((field, i) => ({
        field,
        part: 'sum',
        values: random(i),
        present,
      })),
    };
    const records = frameRecords({ head, tables: [table] });
    expect(records.length).toBeGreaterThan(2);
    for (const { value } of records) expect(value.length).toBeLessThanOrEqual(900_000);
    const parts = records.map(readFramePart);
    expect(parts.map(({ part, parts: n }) => `${part}/${n}`)).toEqual(
      records.map((_, i) => `${i}/${records.length}`),
    );
    expect(parts.flatMap(({ frame }) => frame.tables[0]!.servers)).toEqual(table.servers);
    expect(parts.flatMap(({ frame }) => [...frame.tables[0]!.columns[1]!.values])).toEqual([
      ...table.columns[1]!.values,
    ]);
  });

  it.each([
    ['more rows than a reader takes', { kind: 'frontend', rows: 200_008, columns: 2, parts: 2 }],
    ['rows of three parts', { kind: 'server', rows: 400_001, columns: 0, parts: 3 }],
    ['more bytes than a reader unfolds', { kind: 'backend', rows: 190_000, columns: 60, parts: 2 }],
  ] as const)('of idle rows, %s, are cut so that they can be read', (_, { kind, rows, columns, parts }) => {
    const present = new Uint8Array(presenceBytes(rows)).fill(0xff);
    const table: Table = {
      kind,
      proxies: new Array<string>(rows).fill('p'),
      servers: new Array<string>(rows).fill(kind === 'server' ? 's' : ''),
      columns: Array.from({ length: columns }, (_column, i) => ({
        field: `f${i}`,
        part: 'sum',
        values: new Float64Array(rows),
        present,
      })),
    };
    const records = frameRecords({ head, tables: [table] });
    expect(records.length).toBe(parts);
    const read = records.map((record) => readFramePart(record).frame.tables[0]);
    expect(read.reduce((sum, part) => sum + part!.proxies.length, 0)).toBe(rows);
    expect(read.every((part) => part!.columns.length === columns)).toBe(true);
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['another magic', (bytes) => Buffer.concat([Buffer.from('HSF2'), bytes.subarray(4)])],
    ['an early end', (bytes) => bytes.subarray(0, bytes.length - 3)],
    ['no head', () => Buffer.from('HSF1')],
    [
      'a run of names beyond the table',
      (bytes) =>
        Buffer.from(
          bytes.toString('latin1').replace('\x02\x00\x00\x00\x02\x00be', '\x09\x00\x00\x00\x02\x00be'),
          'latin1',
        ),
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
