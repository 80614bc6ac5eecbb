import type { LogRecord } from '../log';
import { CorruptEntryError, decodeEntry, encodeEntry, entryHeaderBytes, maxEntryBytes } from './entry-file';

const records: LogRecord[] = [
  { key: 'lb/one', headers: { 'hs-v': '1', 'hs-node': 'nœud "1"\n' }, value: Buffer.from([0, 255, 10, 13]) },
  { key: '', headers: {}, value: Buffer.alloc(0) },
  { key: 'lb/zwei', headers: { a: '' }, value: Buffer.alloc(300, 7) },
];

describe('an entry file', () => {
  const file = Buffer.concat(encodeEntry({ appendedAt: 1_700_000_000_123, records }));

  it('gives back what was written', () => {
    expect(decodeEntry(file)).toEqual({ appendedAt: 1_700_000_000_123, records });
  });

  it('is refused with any one bit flipped', () => {
    for (let bit = 0; bit < file.length * 8; bit++) {
      const flipped = Buffer.from(file);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decodeEntry(flipped)).toThrow(CorruptEntryError);
    }
  });

  it('is refused when cut short or prolonged', () => {
    for (let length = 0; length < file.length; length++) {
      expect(() => decodeEntry(file.subarray(0, length))).toThrow(CorruptEntryError);
    }
    expect(() => decodeEntry(Buffer.concat([file, Buffer.alloc(1)]))).toThrow('bytes');
  });

  it.each([
    ['only 5 bytes', Buffer.from('HSLG1')],
    ['no entry of a log', Buffer.alloc(100, 'x')],
    ['version 9; this program reads 1', Buffer.concat([Buffer.from('HSLG\x09\0\0\0'), Buffer.alloc(40)])],
  ])('says why: %s', (why, bytes) => {
    expect(() => decodeEntry(bytes)).toThrow(why);
  });

  it('takes no more bytes than it will read again', () => {
    const value = Buffer.alloc(maxEntryBytes - entryHeaderBytes);
    expect(() => encodeEntry({ appendedAt: 1, records: [{ key: '', headers: {}, value }] })).toThrow(
      RangeError,
    );
  });
});
