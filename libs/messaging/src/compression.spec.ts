import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { compress, decompress } from './compression';

const most = 1_000_000;

describe('compression', () => {
  it.each([0, 1, 255, 256, 257, 65_535, 65_791, 65_792, 300_000])('gives back %d bytes', (length) => {
    const bytes = Buffer.from(Array.from({ length }, (_, i) => (i * 7) % 251));
    expect(decompress(compress(bytes), most).equals(bytes)).toBe(true);
    expect(decompress(zstdCompressSync(bytes), most).equals(bytes)).toBe(true);
  });

  it('takes memory once for what it gives back', () => {
    const bytes = Buffer.alloc(500_000, 'haproxy');
    expect(decompress(compress(bytes), most).buffer.byteLength).toBe(bytes.length);
  });

  it('refuses what would take more than allowed, also where the header says something else', () => {
    const bytes = compress(Buffer.alloc(500_000));
    expect(() => decompress(bytes, 499_999)).toThrow();
    bytes.writeUInt32LE(4_000_000_000, 6);
    expect(() => decompress(bytes, most)).toThrow();
    expect(() => decompress(bytes, 400_000)).toThrow();
  });

  it('refuses damaged bytes', () => {
    const bytes = compress(Buffer.from('what HAProxy says'));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= flip;
        // A flipped bit can be one without a meaning.
        const unfolded = (() => {
          try {
            return decompress(damaged, most).toString();
          } catch {
            return 'what HAProxy says';
          }
        })();
        expect(unfolded).toBe('what HAProxy says');
      }),
    );
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decompress(bytes.subarray(0, length), most)).toThrow();
    }
  });
});
