import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FramePart } from '@haproxystats/messaging';
import { silentLogger } from '@haproxystats/runtime';
import { FakeClock } from '../../../../test/support/fake-clock';
import type { LineBlock } from '../graphite';
import { LocalStoreSink, type LocalStoreConfig } from './local-store.sink';

/** The wall clock of the tests, in seconds. */
const now = 1_700_000_000;
const signal = new AbortController().signal;
/** Of one file. */
const blocks = 50;

function partOf(slot: number, node = 'lb1', { part, parts } = { part: 0, parts: 1 }): FramePart {
  const head = { node, slot: slot * 1000, coverage: { covered: 1, expected: 1 } };
  return { part, parts, frame: { head, tables: [] } } as unknown as FramePart;
}

describe('two programs with one local store', () => {
  let directory: string;
  let clock: FakeClock;
  let failures: number;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'two-programs-'));
    clock = new FakeClock(now * 1000);
    failures = 0;
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
    expect(failures).toBe(0);
  });

  /** One whose lines are all made of a letter of its own. */
  function open(letter: string, config: Partial<LocalStoreConfig> = {}): Promise<LocalStoreSink> {
    const of = function* (): Generator<LineBlock> {
      for (let i = 0; i < blocks; i++) yield { bytes: Buffer.from(`${letter}\n`), lines: 1 };
    };
    return LocalStoreSink.open(
      { directory, retentionMs: 3_600_000, maxBytes: 1_000_000, ...config },
      {
        lines: { of, reuse: () => undefined },
        clock,
        logger: silentLogger,
        onFailure: () => failures++,
      },
    );
  }

  const stats = (slot: number, node = 'lb1'): Promise<string> =>
    readFile(join(directory, `${slot}/${node}/stats`), 'utf8');

  it('has each the whole file, whoever writes it at the same time', async () => {
    const sinks = [await open('a'), await open('b')];
    for (let slot = now; slot < now + 20; slot++) {
      await Promise.all(sinks.map((sink) => sink.deliver([partOf(slot)], signal)));
      expect(['a\n'.repeat(blocks), 'b\n'.repeat(blocks)]).toContain(await stats(slot));
      expect(await readdir(join(directory, `${slot}/lb1`))).toEqual(['stats']);
    }
  });

  it('keeps the nodes of both in the same slots', async () => {
    const [a, b] = [await open('a'), await open('b')];
    const slots = Array.from({ length: 20 }, (_, i) => now + i);
    await Promise.all([
      a.deliver(
        slots.map((slot) => partOf(slot, 'lb1')),
        signal,
      ),
      b.deliver(
        slots.map((slot) => partOf(slot, 'lb2')),
        signal,
      ),
    ]);
    for (const slot of slots) {
      expect(await stats(slot, 'lb1')).toBe('a\n'.repeat(blocks));
      expect(await stats(slot, 'lb2')).toBe('b\n'.repeat(blocks));
    }
  });

  it('takes a frame over in the middle', async () => {
    const [a, b] = [await open('a'), await open('b')];
    const parts = [0, 1].map((part) => partOf(now, 'lb1', { part, parts: 2 }));
    await a.deliver([parts[0]!], signal);
    await b.deliver([parts[1]!], signal);
    expect(await stats(now)).toBe('a\n'.repeat(blocks) + 'b\n'.repeat(blocks));
    expect(await readdir(join(directory, `${now}/lb1`))).toEqual(['stats']);
  });

  it('leaves alone what the other is writing', async () => {
    const theirs = `stats.${crypto.randomUUID()}.new`;
    await mkdir(join(directory, `${now}/lb1`), { recursive: true });
    await writeFile(join(directory, `${now}/lb1`, theirs), 'half of a li');
    await (await open('a')).deliver([partOf(now)], signal);
    expect(await readdir(join(directory, `${now}/lb1`))).toEqual(['stats', theirs]);
  });

  it('removes what the other has left, by age and by size', async () => {
    const [a, b] = [await open('a'), await open('b', { maxBytes: 5 * blocks })];
    await a.deliver(
      [0, 10, 20, 30].map((late) => partOf(now + late)),
      signal,
    );
    await clock.advance(60_000);
    await b.deliver([partOf(now + 60, 'lb2')], signal);
    expect(await readdir(directory)).toEqual([30, 60].map((late) => String(now + late)));
    await clock.advance(3_580_000);
    await b.deliver([partOf(now + 3_640, 'lb2')], signal);
    expect(await readdir(directory)).toEqual([60, 3_640].map((late) => String(now + late)));
    await a.deliver([partOf(now + 3_650)], signal);
    expect(await readdir(directory)).toEqual([60, 3_640, 3_650].map((late) => String(now + late)));
  });
});
