import { readFileSync } from 'node:fs';
import { appendFile, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Position } from '../log';

/**
 * A group's position. 64 bytes, allocated once, in two slots written in turn and in place: storing a position needs no
 * new block, so a reader can free space on a full disk, and a slot that is torn leaves the other one. A slot, little-endian:
 *
 *     0  watermark, u64     8  base, u64     16  number of the write, u64     24  CRC-32 of bytes 0 to 23, u32     28  0, u32
 */
const slotBytes = 32;
const crcAt = 24;

interface Slot {
  readonly position: Position;
  /** The newest slot has the highest. */
  readonly write: number;
}

const start: Slot = { position: { watermark: 0, base: 0 }, write: 0 };

/** The position stored in a cursor's bytes: the start of the log where no slot can be read. */
export function decodeCursor(file: Buffer): Slot {
  const slots = [0, slotBytes].map((at) => decodeSlot(file.subarray(at, at + slotBytes)));
  return slots.reduce<Slot>((newest, slot) => (slot && slot.write > newest.write ? slot : newest), start);
}

/** Whether something was written that cannot be read any more: a position is lost, and the log is read from its start. */
export function isCorruptCursor(file: Buffer): boolean {
  return decodeCursor(file).write === 0 && file.some((byte) => byte !== 0);
}

function decodeSlot(slot: Buffer): Slot | undefined {
  if (slot.length < slotBytes || slot.readUInt32LE(crcAt) !== crc32(slot.subarray(0, crcAt)))
    return undefined;
  return {
    position: { watermark: Number(slot.readBigUInt64LE(0)), base: Number(slot.readBigUInt64LE(8)) },
    write: Number(slot.readBigUInt64LE(16)),
  };
}

function encodeSlot({ position, write }: Slot): Buffer {
  const slot = Buffer.alloc(slotBytes);
  slot.writeBigUInt64LE(BigInt(position.watermark), 0);
  slot.writeBigUInt64LE(BigInt(position.base), 8);
  slot.writeBigUInt64LE(BigInt(write), 16);
  slot.writeUInt32LE(crc32(slot.subarray(0, crcAt)), crcAt);
  return slot;
}

/** The bytes of a cursor; none where it does not exist (yet), or is no file. */
export function readCursor(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'EISDIR'].includes(code)) return Buffer.alloc(0);
    throw error;
  }
}

/** Makes sure that a cursor exists and has its block. Safe while others do the same, or commit: bytes are only appended. */
export async function createCursor(path: string): Promise<void> {
  const missing = 2 * slotBytes - readCursor(path).length;
  if (missing > 0) await appendFile(path, Buffer.alloc(missing));
}

/** Stores a position over the older slot, unless what is there is further on: a second reader must not be led back to what the first has removed. */
export async function writeCursor(path: string, { watermark, base }: Position): Promise<void> {
  await createCursor(path);
  const newest = decodeCursor(readCursor(path));
  const position = {
    watermark: Math.max(watermark, newest.position.watermark),
    base: Math.max(base, newest.position.base),
  };
  const write = newest.write + 1;
  const file = await open(path, 'r+');
  try {
    const { bytesWritten } = await file.write(
      encodeSlot({ position, write }),
      0,
      slotBytes,
      (write % 2) * slotBytes,
    );
    if (bytesWritten < slotBytes) throw shortWrite(path);
  } finally {
    await file.close();
  }
}

function shortWrite(path: string): Error {
  return Object.assign(new Error(`a position went into ${path} only in part`), {
    code: 'EIO',
    syscall: 'write',
  });
}
