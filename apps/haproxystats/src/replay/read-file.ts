import { constants, open, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { UnusableError } from './unusable';

const unfold = promisify(gunzip);

export interface ReadLimit {
  readonly bytes: number;
  /** Where it comes from, for a message. */
  readonly from: string;
}

/**
 * The bytes of a file, unfolded where its name ends in `.gz`. Where either are more than the limit they are refused before they are
 * in memory. Rejects with UnusableError, or with an error of the system.
 */
export async function readFile(path: string, limit: ReadLimit): Promise<Buffer> {
  // Opening a pipe would wait for its writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const bytes = await readWhole(file, limit);
    return path.endsWith('.gz') ? await unfolded(bytes, limit) : bytes;
  } finally {
    await file.close();
  }
}

async function readWhole(file: FileHandle, limit: ReadLimit): Promise<Buffer> {
  const facts = await file.stat();
  if (!facts.isFile()) throw new UnusableError('is no regular file');
  if (facts.size > limit.bytes)
    throw new UnusableError(`has ${facts.size} bytes, ${limit.bytes} are allowed (${limit.from})`);
  const bytes = Buffer.allocUnsafeSlow(facts.size);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

async function unfolded(bytes: Buffer, limit: ReadLimit): Promise<Buffer> {
  try {
    return await unfold(bytes, { maxOutputLength: limit.bytes });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ERR_BUFFER_TOO_LARGE'
        ? `unfolds to more than ${limit.bytes} bytes (${limit.from})`
        : `cannot be unfolded: ${(error as Error).message}`;
    throw new UnusableError(reason, { cause: error });
  }
}
