import type { Poll } from '@haproxystats/haproxy';
import { RecordFormatError } from '../record-headers';
import { rawRecords, readRawChunk, unfoldChunk } from './raw-record';

const info = Buffer.from('Name: HAProxy\nPid: 7\n');

function poll(overrides: Partial<Poll> = {}): Poll {
  return {
    cluster: 'eu',
    node: 'lb1.example.com',
    source: 'a-source',
    slot: 1_700_000_010_000,
    intervalMs: 10_000,
    startedAt: 1_700_000_010_123,
    replies: [
      { process: '/run/haproxy/1.sock', info, stat: Buffer.from('# pxname,svname,type\nweb,FRONTEND,0\n') },
    ],
    failures: [{ process: '/run/haproxy/2.sock', reason: 'refused', detail: 'nobody there' }],
    ...overrides,
  };
}

function manyRows(bytes: number): Buffer {
  const rows: string[] = ['# pxname,svname,type\n'];
  for (let i = 0, size = 0; size < bytes; i++) {
    const row = `backend-${i},${'x'.repeat(i % 700)},2\n`;
    rows.push(row);
    size += row.length;
  }
  return Buffer.from(rows.join(''));
}

describe('raw records', () => {
  it('carry what each process said, and the manifest of all', () => {
    const records = rawRecords(poll());
    expect(records.map(({ key }) => key)).toEqual(['eu/lb1.example.com']);
    const chunk = readRawChunk(records[0]!);
    expect(chunk).toMatchObject({
      cluster: 'eu',
      node: 'lb1.example.com',
      slot: 1_700_000_010_000,
      intervalMs: 10_000,
      source: 'a-source',
      startedAt: 1_700_000_010_123,
      process: '/run/haproxy/1.sock',
      part: 0,
      parts: 1,
      manifest: { chunks: { '/run/haproxy/1.sock': 1 }, failed: { '/run/haproxy/2.sock': 'refused' } },
    });
    const { info: readInfo, stat } = unfoldChunk(chunk);
    expect(readInfo.toString()).toBe(info.toString());
    expect(stat.toString()).toBe('# pxname,svname,type\nweb,FRONTEND,0\n');
  });

  it('are cut between rows, every piece with the header, none too large for a broker', () => {
    const stat = manyRows(3_000_000);
    const records = rawRecords(poll({ replies: [{ process: 'p', info, stat }] }));
    expect(records.length).toBeGreaterThan(3);
    const texts = records.map((record) => unfoldChunk(readRawChunk(record)));
    for (const { stat: piece } of texts) expect(piece.length).toBeLessThanOrEqual(768 * 1024);
    const header = '# pxname,svname,type\n';
    const pieces = texts.map(({ stat: piece }) => piece.toString());
    expect(pieces.every((piece) => piece.startsWith(header) && piece.endsWith('\n'))).toBe(true);
    expect(header + pieces.map((piece) => piece.slice(header.length)).join('')).toBe(stat.toString());
    expect(texts.map(({ info: i }) => i.length > 0)).toEqual(texts.map((_, i) => i === 0));
  });

  it('carry a row that is longer than a chunk whole', () => {
    const stat = Buffer.from(`# pxname,svname,type\n${'x'.repeat(900_000)},a,2\nshort,b,2\n`);
    const pieces = rawRecords(poll({ replies: [{ process: 'p', info, stat }] })).map(
      (r) => unfoldChunk(readRawChunk(r)).stat,
    );
    expect(pieces.map((piece) => piece.toString().split('\n').length - 1)).toEqual([2, 2]);
  });

  it('say that nobody answered', () => {
    const [record, ...others] = rawRecords(poll({ replies: [] }));
    expect(others).toEqual([]);
    const chunk = readRawChunk(record!);
    expect([chunk.process, chunk.parts, chunk.manifest.failed]).toEqual([
      '',
      0,
      { '/run/haproxy/2.sock': 'refused' },
    ]);
  });

  it('carry the tags of unknown columns, with every chunk', () => {
    const tags = { frontend: { newcol: 'MCPP' }, daemon: { 'New line': 'MGP' } };
    const records = rawRecords(poll({ tags, replies: [{ process: 'p', info, stat: manyRows(2_000_000) }] }));
    expect(records.length).toBeGreaterThan(1);
    for (const record of records) expect(readRawChunk(record).manifest.tags).toEqual(tags);
    expect(readRawChunk(rawRecords(poll())[0]!).manifest.tags).toBeUndefined();
  });

  it('carry no tags where the manifest would become too large, and say how many', () => {
    const tagsOf = (count: number) => {
      const names = Array.from({ length: count }, (_, i) => `${'x'.repeat(50)}${i}`);
      return { frontend: Object.fromEntries(names.map((name) => [name, 'MCP'])), daemon: { New: 'MGP' } };
    };
    const leftOut: number[] = [];
    const read = (count: number) => {
      const records = rawRecords(poll({ tags: tagsOf(count) }), (tags) => leftOut.push(tags));
      return readRawChunk(records[0]!).manifest;
    };
    expect([read(100).tags, leftOut]).toEqual([tagsOf(100), []]);
    const { tags, chunks } = read(1_500);
    expect([tags, Object.keys(chunks).length, leftOut]).toEqual([undefined, 1, [1_501]]);
  });

  it('of a later program may have tags of kinds that this one does not know', () => {
    const record = rawRecords(poll())[0]!;
    const { chunks } = readRawChunk(record).manifest;
    const man = JSON.stringify({ chunks, failed: {}, tags: { gadget: { a: 'MCPVX' } }, more: 1 });
    expect(
      readRawChunk({ ...record, headers: { ...record.headers, 'hs-man': man } }).manifest.chunks,
    ).toEqual(chunks);
  });

  describe('that break the contract', () => {
    const good = rawRecords(poll())[0]!;
    const manifest = (value: unknown) => ({ 'hs-man': JSON.stringify(value) });
    it.each<[string, Record<string, string | undefined>, string]>([
      ['without a node', { 'hs-node': undefined }, "no header 'hs-node'"],
      ['with a path for a node', { 'hs-node': '../../etc' }, "header 'hs-node' is no name"],
      ['with an empty cluster', { 'hs-cluster': '' }, "header 'hs-cluster' is no name"],
      ['with a slot that is no number', { 'hs-slot': '1e9' }, "header 'hs-slot' is no integer"],
      ['with a huge slot', { 'hs-slot': '9999999999999999' }, "header 'hs-slot' is no integer"],
      ['of another version', { 'hs-v': '2' }, 'version 2 of the record; this program reads 1'],
      ['with part 1 of 1', { 'hs-part': '1/1' }, "header 'hs-part' is no part"],
      ['with too many parts', { 'hs-part': '0/5000' }, "header 'hs-part' is no part"],
      ['with more parts than promised', { 'hs-part': '0/2' }, 'but the manifest says 1'],
      ['of a process not in the manifest', { 'hs-proc': 'other' }, 'but the manifest says 0'],
      ['with a manifest that is no JSON', { 'hs-man': '{' }, 'the manifest is no JSON'],
      [
        'with a tag that is none',
        manifest({ chunks: {}, failed: {}, tags: { server: { a: '' } } }),
        'the manifest',
      ],
      ['with a reason nobody knows', manifest({ chunks: {}, failed: { a: 'bored' } }), 'the manifest'],
      [
        'with a manifest of 2,000 processes',
        manifest({
          chunks: Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`p${i}`, 1])),
          failed: {},
        }),
        '2000 processes',
      ],
      [
        'with a manifest of 70,000 characters',
        { 'hs-man': ' '.repeat(70_000) },
        "header 'hs-man' has 70000 characters",
      ],
    ])('%s are refused with the reason', (_, change, message) => {
      const headers = Object.fromEntries(
        Object.entries({ ...good.headers, ...change }).filter(([, value]) => value !== undefined),
      ) as Record<string, string>;
      expect(() => readRawChunk({ ...good, headers })).toThrow(RecordFormatError);
      expect(() => readRawChunk({ ...good, headers })).toThrow(message);
    });

    it('notice a flipped bit in the value', () => {
      const flipped = Buffer.from(good.value);
      flipped[flipped.length - 6]! ^= 1;
      expect(() => unfoldChunk({ process: 'p', part: 0, value: flipped })).toThrow(RecordFormatError);
    });
  });
});
