import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';

const headerBytes = 28;
const countAt = 16;
const recordHeaderBytes = 12;

/** The texts in the entries of a spool that nobody writes, read by the layout of an entry file alone. Throws for an entry that is torn. */
export async function spooledTexts(spool: string): Promise<string[]> {
  const names = (await readdir(spool)).filter((name) => name.endsWith('.rec'));
  const files = await Promise.all(names.map((name) => readFile(join(spool, name))));
  return files.flatMap(textsOf);
}

function textsOf(file: Buffer): string[] {
  const texts: string[] = [];
  let at = headerBytes;
  for (let left = file.readUInt32LE(countAt); left > 0; left--) {
    const [key = 0, headers = 0, value = 0] = [0, 4, 8].map((field) => file.readUInt32LE(at + field));
    const valueAt = at + recordHeaderBytes + key + headers;
    at = valueAt + value;
    if (value > 0) texts.push(zstdDecompressSync(file.subarray(valueAt, at)).toString('latin1'));
  }
  return texts;
}
