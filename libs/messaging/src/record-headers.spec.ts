import fc from 'fast-check';
import { compress } from './compression';
import { readFramePart } from './frame';
import { processName, rawRecords, readRawChunk, unfoldChunk } from './raw';
import { HeaderReader, RecordFormatError, sanitiseName } from './record-headers';

const [good] = rawRecords({
  cluster: 'eu',
  node: 'lb1',
  source: 's',
  slot: 1_700_000_010_000,
  intervalMs: 10_000,
  startedAt: 1_700_000_010_123,
  replies: [{ process: 'p', info: Buffer.from('Tasks: 1\n'), stat: Buffer.from('# pxname,svname,type\n') }],
  failures: [],
});

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    '__proto__',
    'constructor',
    '-1',
    '1e9',
    '0/0',
    '0/1',
    '1024/1024',
    '9'.repeat(16),
    'NaN',
  ),
  fc.json(),
  fc.bigInt().map(String),
);
const key = fc.oneof(
  fc.constantFrom(...Object.keys(good!.headers), 'hs-shard', '__proto__', 'toString'),
  text,
);
const someHeaders = fc.dictionary(key, text, { noNullPrototype: false });

/** What a manifest must have, with anything in it. */
const names = fc.dictionary(fc.oneof(text, fc.constant('p')), fc.oneof(fc.integer(), text, fc.constant(1)));
const manifest = fc
  .record({ chunks: names, failed: names, tags: fc.oneof(fc.jsonValue(), fc.dictionary(text, names)) })
  .map((value) => JSON.stringify(value));

/** Throws only what says that the record is at fault. */
function isReadOrRefused(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof RecordFormatError)) throw error;
    if (error.message.length > 2_000)
      throw new Error(`a message of ${error.message.length} characters`, { cause: error });
  }
}

describe('headers from anybody', () => {
  it('of raw records and frames are read, or refused as a RecordFormatError with a short message', () => {
    fc.assert(
      fc.property(someHeaders, fc.uint8Array(), (headers, bytes) => {
        const entry = { headers: { ...good!.headers, ...headers }, value: Buffer.from(bytes) };
        isReadOrRefused(() => unfoldChunk(readRawChunk(entry)));
        isReadOrRefused(() => readRawChunk({ headers, value: good!.value }));
        isReadOrRefused(() => readFramePart({ ...entry, headers: { ...entry.headers, 'hs-part': '0/1' } }));
      }),
      { numRuns: 1_000 },
    );
  });

  it('with any manifest are read, or refused as a RecordFormatError with a short message', () => {
    fc.assert(
      fc.property(fc.oneof(manifest, fc.json(), text), (man) =>
        isReadOrRefused(() => readRawChunk({ ...good!, headers: { ...good!.headers, 'hs-man': man } })),
      ),
      { numRuns: 1_000 },
    );
  });

  it('with any bytes of a frame are read, or refused as a RecordFormatError with a short message', () => {
    const headers = { 'hs-v': '1', 'hs-node': 'lb1', 'hs-slot': '1700000010000', 'hs-part': '0/1' };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), text, (bytes, head) => {
        isReadOrRefused(() => readFramePart({ headers, value: Buffer.from(bytes) }));
        const section = Buffer.concat([Buffer.from('HSF2'), Buffer.from(bytes), Buffer.from(head)]);
        isReadOrRefused(() => readFramePart({ headers, value: compress(section) }));
      }),
    );
  });
});

describe('HeaderReader', () => {
  const many = (count: number, length: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`h${i}`, 'x'.repeat(length)]));

  it.each([
    [129, 0, 'the record has more than the 128 headers that are allowed'],
    [3, 100_000, 'the headers have 300006 characters, 262144 are allowed'],
  ])('refuses %i headers of %i characters', (count, length, message) => {
    expect(() => new HeaderReader(many(count, length))).toThrow(new RecordFormatError(message));
  });

  it('takes as many as are allowed, and knows none that it only inherits', () => {
    const reader = new HeaderReader(many(128, 2_000));
    expect(reader.text('h127', 2_000)).toHaveLength(2_000);
    expect(() => reader.text('toString')).toThrow("no header 'toString'");
  });
});

describe('names', () => {
  it('of clusters and nodes are made of 1 to 255 harmless characters, whatever they were', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (word) =>
        expect(sanitiseName(word)).toMatch(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}$/),
      ),
    );
  });

  it('of processes are printable, and stay what they are where they were', () => {
    expect(processName('/run/haproxy/ä b.sock')).toBe('/run/haproxy/ä b.sock');
    expect(processName('/run/a\nb\u202e\ud800.sock')).toBe('/run/a\\u{a}b\\u{202e}\\u{d800}.sock');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (word) =>
        expect(processName(word)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u),
      ),
    );
  });
});
