import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

const params = {
  [constants.ZSTD_c_compressionLevel]: 1,
  // Without it a flipped bit decodes to other data in silence.
  [constants.ZSTD_c_checksumFlag]: 1,
  // What is alike stands close together, in rows and in columns: a larger window takes 10 to 20 % more time and saves 1 to 3 %.
  [constants.ZSTD_c_windowLog]: 17,
};

/** The least that zlib takes for a piece of its output. */
const leastRoom = 1_024;

const unknownBytes = 65_536;
/** The most that a block of zstd unfolds to. */
const blockBytes = 131_072;
/** By the first two bits of a frame's descriptor. One byte is so little that a guess is as good. */
const sizeReaders: readonly ((frame: Buffer, at: number) => number)[] = [
  () => unknownBytes,
  (frame, at) => frame.readUInt16LE(at) + 256,
  (frame, at) => frame.readUInt32LE(at),
  (frame, at) => Number(frame.readBigUInt64LE(at)),
];

/** zstd, level 1, with a checksum. `room`: the bytes it will likely take; where it is too little, memory is taken more than once. */
export function compress(bytes: Uint8Array, room = 16_384): Buffer {
  return zstdCompressSync(bytes, { params, chunkSize: Math.max(leastRoom, Math.ceil(room)) });
}

/** Throws when the bytes are damaged or would take more than `maxBytes`. */
export function decompress(bytes: Uint8Array, maxBytes: number): Buffer {
  const room = Math.min(Math.max(leastRoom, contentBytes(bytes)), Math.max(leastRoom, maxBytes));
  return zstdDecompressSync(bytes, { maxOutputLength: maxBytes, chunkSize: room });
}

/**
 * What the beginning of compressed bytes unfolds to, as far as it goes. Whether the bytes are damaged nobody checks: the checksum stands at
 * the end. Throws as `decompress` does.
 */
export function decompressBeginning(bytes: Uint8Array, maxBytes: number): Buffer {
  return zstdDecompressSync(bytes, {
    maxOutputLength: maxBytes,
    chunkSize: Math.max(leastRoom, Math.min(blockBytes, maxBytes)),
    finishFlush: constants.ZSTD_e_flush,
  });
}

/**
 * What the frame's header says it unfolds to, so that memory is taken once; a guess where it does not say (RFC 8878, 3.1.1.1). Whether it is
 * true is for zstd to find out.
 */
function contentBytes(frame: Uint8Array): number {
  const descriptor = frame[4] ?? 0;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const at = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes;
  const view = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  const read = sizeReaders[descriptor >> 6]!;
  return view.length < at + 8 ? unknownBytes : read(view, at);
}
