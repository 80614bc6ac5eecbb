import { presenceBytes, type Frame, type Table } from '@haproxystats/metrics';
import { frameRecords, readFramePart } from './frame-record';

function frameOf(rows: number, columns: number): Frame {
  const table: Table = {
    kind: 'frontend',
    proxies: Array.from({ length: rows }, () => 'p'),
    servers: Array.from({ length: rows }, () => ''),
    columns: Array.from({ length: columns }, (_, i) => ({
      field: `f${i}`,
      part: 'sum' as const,
      values: new Float64Array(rows),
      present: new Uint8Array(presenceBytes(rows)).fill(0xff),
    })),
  };
  const head = {
    scope: 'node' as const,
    cluster: 'eu',
    node: 'lb1',
    slot: 1_700_000_000_000,
    intervalMs: 10_000,
    coverage: { covered: 1, expected: 1 },
    missing: [],
  };
  return { head, tables: [table] };
}

describe('a frame of many idle rows', () => {
  it.each([
    ['more rows than a reader takes', 200_008, 2],
    ['more bytes than a reader unfolds', 190_000, 60],
  ])('with %s is cut into parts that can be read', (_, rows, columns) => {
    const records = frameRecords(frameOf(rows, columns));
    const read = records.map((record) => readFramePart(record).frame.tables[0]!.proxies.length);
    expect(read.reduce((sum, n) => sum + n, 0)).toBe(rows);
  });
});
