import { gzipSync } from 'node:zlib';
import { CompressionCodecs, CompressionTypes } from 'kafkajs';
import { quickenGzip } from './quicken-gzip';

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

describe('quickenGzip', () => {
  it('leaves kafkajs a codec that compresses at level 1, and reads that of any level, called once or twice', async () => {
    quickenGzip();
    quickenGzip();
    const codec = CompressionCodecs[CompressionTypes.GZIP]() as Codec;
    const buffer = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `metric_${i % 97} ${i}`).join());
    const small = await codec.compress({ buffer });
    expect(small.length).toBe(gzipSync(buffer, { level: 1 }).length);
    expect(await codec.decompress(small)).toEqual(buffer);
    expect(await codec.decompress(gzipSync(buffer, { level: 9 }))).toEqual(buffer);
  });
});
