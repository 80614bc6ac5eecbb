import fc from 'fast-check';
import promises, {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { systemClock } from '@haproxystats/runtime';
import { until } from '../../../../test/harness/eventually';
import type { LogRecord } from '../log';
import { DirectoryLogReader } from './directory-log-reader';
import { DirectoryLogWriter } from './directory-log-writer';
import { CorruptEntryError, decodeEntry, encodeEntry, entryHeaderBytes } from './entry-file';

const records: fc.Arbitrary<LogRecord[]> = fc.array(
  fc.record({
    key: fc.string({ maxLength: 12 }),
    headers: fc.dictionary(fc.string({ maxLength: 6 }), fc.string({ maxLength: 20 }), { maxKeys: 3 }),
    value: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  }),
  { minLength: 1, maxLength: 3 },
);

/** Where the parts of the first record begin. */
function partsOf(file: Buffer) {
  const [key, headers, value] = [0, 4, 8].map((at) => file.readUInt32LE(entryHeaderBytes + at));
  const keyAt = entryHeaderBytes + 12;
  const headersAt = keyAt + key!;
  const valueAt = headersAt + headers!;
  return {
    header: [0, entryHeaderBytes],
    lengths: [entryHeaderBytes, keyAt],
    key: [keyAt, headersAt],
    headers: [headersAt, valueAt],
    value: [valueAt, valueAt + value!],
  } as const;
}

type Part = keyof ReturnType<typeof partsOf>;

function flipped(file: Buffer, part: Part, random: number): Buffer {
  const [start, end] = partsOf(file)[part];
  const bit = start * 8 + Math.floor(random * (end - start) * 8);
  if (end > start) file[bit >> 3]! ^= 1 << (bit & 7);
  return file;
}

/** What may happen to a file; `random` is 0 to 1. */
const damages: Record<string, (file: Buffer, random: number) => Buffer> = {
  'cut short': (file, random) => file.subarray(0, Math.floor(random * file.length)),
  'without a byte': () => Buffer.alloc(0),
  prolonged: (file, random) => Buffer.concat([file, Buffer.alloc(1 + Math.floor(random * 50), random * 256)]),
  garbage: (file, random) => Buffer.from(file.map((byte, i) => (byte * 31 + i + random * 1e6) & 255)),
  zeros: (file) => Buffer.alloc(file.length),
  'zeros from the middle on': (file, random) => file.fill(0, Math.floor(random * file.length)),
  'a bit of the header': (file, random) => flipped(file, 'header', random),
  'a bit of the lengths': (file, random) => flipped(file, 'lengths', random),
  'a bit of the key': (file, random) => flipped(file, 'key', random),
  'a bit of the headers': (file, random) => flipped(file, 'headers', random),
  'a bit of the value': (file, random) => flipped(file, 'value', random),
};
const kinds = Object.keys(damages);

describe('corrupt entries', () => {
  it.each(kinds)('are told from whole ones: %s', (kind) => {
    fc.assert(
      fc.property(records, fc.double({ min: 0, max: 0.999, noNaN: true }), (written, random) => {
        const whole = Buffer.concat(encodeEntry({ appendedAt: 1_700_000_000_000, records: written }));
        const damaged = damages[kind]!(Buffer.from(whole), random);
        fc.pre(!damaged.equals(whole));
        expect(() => decodeEntry(damaged)).toThrow(CorruptEntryError);
      }),
      { numRuns: 300 },
    );
  });

  describe('in a log', () => {
    let path: string;
    let told: { level: number; msg: string }[];
    let shared: ConstructorParameters<typeof DirectoryLogReader>[0];

    beforeEach(async () => {
      path = await mkdtemp(join(tmpdir(), 'corrupt-'));
      told = [];
      const sink = { write: (line: string) => void told.push(JSON.parse(line) as (typeof told)[0]) };
      const [groups, group] = [['a'], 'a'];
      shared = {
        path,
        topic: 'raw',
        groups,
        group,
        tickMs: 1_000,
        clock: systemClock,
        logger: pino({}, sink),
      };
    });

    afterEach(() => rm(path, { recursive: true }));

    const entryFile = (entry: number): string => join(path, `${String(entry).padStart(16, '0')}.rec`);

    async function write(count: number, size = 10): Promise<void> {
      const writer = await DirectoryLogWriter.open({ ...shared, maxEntries: 1_000 });
      for (let n = 0; n < count; n++)
        await writer.append('raw', [
          { key: `${n}`, headers: { n: `${n}` }, value: Buffer.alloc(size, n + 1) },
        ]);
      await writer.close();
    }

    /** The keys of what is read, until the last of `count` has come. */
    async function readUpTo(count: number): Promise<number[]> {
      const keys: number[] = [];
      const reader = new DirectoryLogReader({ ...shared, rescanMs: 20 });
      reader.start({
        record: async ({ key, next }, session) => {
          keys.push(Number(key));
          await session.commit({ watermark: next, base: next });
        },
        tick: () => Promise.resolve(),
      });
      await until(() => keys.at(-1) === count - 1).finally(() => reader.close());
      return keys;
    }

    it('are set aside, each with one message that names file and fault, and not in the way of the next', async () => {
      let seen = 0;
      const damage = fc.tuple(
        fc.nat(28),
        fc.constantFrom(...kinds),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
      );
      const chosen = fc.uniqueArray(damage, { maxLength: 16, selector: ([entry]) => entry });
      const property = fc.asyncProperty(chosen, async (damaged) => {
        told = [];
        await rm(path, { recursive: true });
        await mkdir(path);
        await write(30);
        for (const [entry, kind, random] of damaged) {
          await writeFile(entryFile(entry), damages[kind]!(await readFile(entryFile(entry)), random));
        }
        const bad = damaged.map(([entry]) => entry).sort((x, y) => x - y);
        const good = Array.from({ length: 30 }, (_, n) => n).filter((n) => !bad.includes(n));
        expect(await readUpTo(30)).toEqual(good);
        const faults = told.filter(({ level }) => level >= pino.levels.values['warn']!);
        const place = join(path, 'bad');
        expect(faults.map(({ msg }) => msg)).toEqual(
          bad.map((entry): unknown =>
            expect.stringMatching(`^${entryFile(entry)} is corrupt and set aside in ${place}: .{8,}`),
          ),
        );
        seen += bad.length;
      });
      await fc.assert(property, { numRuns: 25 });
      process.stdout.write(`corrupt entries: ${seen} set aside, each with one message, none in the way\n`);
    }, 60_000);

    it('may be no files at all', async () => {
      await write(6);
      for (const entry of [1, 2, 3]) await rm(entryFile(entry));
      await mkdir(join(entryFile(1), 'deep'), { recursive: true });
      spawnSync('mkfifo', [entryFile(2)]);
      await symlink('/dev/zero', entryFile(3));
      expect(await readUpTo(6)).toEqual([0, 4, 5]);
      expect(told.filter(({ msg }) => msg.endsWith('it is no regular file'))).toHaveLength(3);
    });

    it('are kept as far as 16 files and 64 MiB go, the newest first', async () => {
      const MiB = 1024 * 1024;
      await write(22);
      for (let entry = 0; entry < 20; entry++) await truncate(entryFile(entry), 5 * MiB);
      await truncate(entryFile(20), 65 * MiB);
      expect(await readUpTo(22)).toEqual([21]);
      const kept = await readdir(join(path, 'bad'));
      // Twelve of 5 MiB each; the newest alone takes more than all may.
      expect(kept.map((name) => Number.parseInt(name, 10))).toEqual(
        Array.from({ length: 12 }, (_, n) => n + 8),
      );
      expect(told.at(-1)!.msg).toMatch(`${entryFile(20)} is corrupt and removed, for want of room: `);
    });

    it('are passed over where they cannot be set aside', async () => {
      await write(3);
      await writeFile(entryFile(1), 'garbage');
      const refusal = Object.assign(new Error('not granted'), { code: 'EACCES', syscall: 'rename' });
      jest.spyOn(promises, 'rename').mockRejectedValue(refusal);
      expect(await readUpTo(3)).toEqual([0, 2]);
      jest.restoreAllMocks();
      expect(told.map(({ msg }) => msg)).toEqual([
        `${entryFile(1)} is corrupt and passed over, as it cannot be set aside in ${join(path, 'bad')} (EACCES): only 7 bytes`,
      ]);
    });
  });
});
