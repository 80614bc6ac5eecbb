import { constants, zstdCompressSync } from 'node:zlib';

/** Marks what the suite itself has written. */
export const poisonHeader = 'chaos-poison';

/** What came of it: a frame of its cluster, lines of its nodes. */
export function isOfPoison(slot: string): boolean {
  return slot.startsWith('poison');
}

export interface Poison {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
}

const checksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
const whole = zstdCompressSync(Buffer.from('Name: HAProxy\n\n# pxname,svname,type,\n'), checksum);
const manifest = (chunks: number) => JSON.stringify({ chunks: { poison: chunks }, failed: {} });
const MiB = 1024 * 1024;

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length - 1]! ^= 1;
  return copy;
}

type Row = [name: string, headers: Record<string, string | undefined>, value?: Buffer];

/** THE POISONS: what each has in place of the headers of a poll, and its bytes. */
const rows: readonly Row[] = [
  ['bytes that are no zstd', {}, Buffer.from('no zstd')],
  ['a zstd frame cut short', {}, whole.subarray(0, whole.length - 6)],
  ['a flipped bit', {}, flipped(whole)],
  ['what unfolds to 64 MiB', {}, zstdCompressSync(Buffer.alloc(64 * MiB), checksum)],
  ['text that is no statistics', {}, zstdCompressSync(Buffer.from('\u0000'.repeat(1_000)), checksum)],
  ['another version', { 'hs-v': '9' }],
  ['no manifest', { 'hs-man': undefined }],
  ['a manifest of 900 kB', { 'hs-man': 'x'.repeat(900_000) }],
  ['a slot before all time', { 'hs-slot': '-1' }],
  ['a node that is a path', { 'hs-node': '../../etc' }],
  ['more pieces than the manifest says', { 'hs-part': '0/900' }],
];

/** Each of them once, of a node of its own, for the dead letters are rated by node. */
export function poisonsOf(slot: number): Poison[] {
  return rows.map(([name, change, value = whole], i) => {
    const headers: Record<string, string | undefined> = {
      ...{ 'hs-v': '1', 'hs-cluster': 'poison', 'hs-node': `poison-${i}-${slot}`, 'hs-src': 'poison' },
      ...{ 'hs-slot': String(slot), 'hs-interval': '1000', 'hs-poll': String(slot) },
      ...{ 'hs-proc': 'poison', 'hs-part': '0/1', 'hs-man': manifest(1) },
      ...change,
      [poisonHeader]: name,
    };
    const kept = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return { name, headers: Object.fromEntries(kept), value };
  });
}
