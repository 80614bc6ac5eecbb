import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

const params = {
  [constants.ZSTD_c_compressionLevel]: 1,
  // Without it a flipped bit decodes to other data in silence.
  [constants.ZSTD_c_checksumFlag]: 1,
};

/** zstd, level 1, with a checksum. */
export function compress(bytes: Uint8Array): Buffer {
  return zstdCompressSync(bytes, { params });
}

/** Throws when the bytes are damaged or would take more than `maxBytes`. */
export function decompress(bytes: Uint8Array, maxBytes: number): Buffer {
  return zstdDecompressSync(bytes, { maxOutputLength: maxBytes });
}
