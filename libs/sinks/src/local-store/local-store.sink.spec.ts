import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { FramePart } from '@haproxystats/messaging';
import { FakeClock } from '../../../../test/support/fake-clock';
import { RecordedLog } from '../../../../test/support/recorded-log';
import type { LineBlock } from '../graphite';
import { LocalStoreSink, type LocalStoreConfig } from './local-store.sink';

/** The wall clock of the tests, in seconds. */
const now = 1_700_000_000;
const signal = new AbortController().signal;

interface PartOptions {
  readonly node?: string;
  readonly covered?: number;
  readonly part?: number;
  readonly parts?: number;
  /** The process that is missing. */
  readonly without?: string;
}

function partOf(
  slot: number,
  { node = 'lb1', covered = 2, part = 0, parts = 1, without }: PartOptions = {},
): FramePart {
  const head: FramePart['frame']['head'] = {
    scope: 'node',
    cluster: 'eu',
    node,
    slot: slot * 1000,
    intervalMs: 10_000,
    coverage: { covered, expected: 4 },
    missing: without === undefined ? [] : [{ process: without, reason: 'refused' }],
    semantics: 'exact',
    timings: { info: 0, parse: 0, frontend: 0, backend: 0, server: 0 },
  };
  return { part, parts, frame: { head, tables: [] } };
}

/** Two lines for a part, which say what it is. */
function* linesOf({ part, parts, frame: { head } }: FramePart): Generator<LineBlock> {
  const missing = head.missing.map(({ process }) => process).join('');
  for (const name of ['a', 'b']) {
    const text = `${head.node}.${name}${missing} ${head.coverage.covered}.${part}${parts} ${head.slot / 1000}\n`;
    yield { bytes: Buffer.from(text), lines: 1 };
  }
}

function textOf(...parts: readonly FramePart[]): string {
  return parts.flatMap((part) => [...linesOf(part)].map(({ bytes }) => bytes.toString())).join('');
}

describe('LocalStoreSink', () => {
  let directory: string;
  let clock: FakeClock;
  let log: RecordedLog;
  let failures: number;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'local-store-'));
    clock = new FakeClock(now * 1000);
    log = new RecordedLog();
    failures = 0;
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  /** Blocks that are done with are spoilt at once. */
  const reuse = (blocks: readonly Buffer[]): void => blocks.forEach((block) => block.fill('?'));

  function open(config: Partial<LocalStoreConfig> = {}, of = linesOf): Promise<LocalStoreSink> {
    return LocalStoreSink.open(
      { directory, retentionMs: 3_600_000, maxBytes: 1_000_000, ...config },
      { lines: { of, reuse }, clock, logger: log.logger, onFailure: () => failures++ },
    );
  }

  const stats = (slot: number, node = 'lb1'): Promise<string> =>
    readFile(join(directory, String(slot), node, 'stats'), 'utf8');

  /** Time passes until there were so many failures; the file system has a clock of its own. */
  async function tries(count: number): Promise<void> {
    while (failures < count) {
      await clock.advance(30_000);
      await delay(1);
    }
    await delay(20);
  }

  /** Every file below the directory. */
  async function files(): Promise<string[]> {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const found = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
    return found.map((path) => path.slice(directory.length + 1)).sort();
  }

  it('keeps the lines of each node and slot, and tells how many', async () => {
    const sink = await open();
    const parts = [partOf(now), partOf(now, { node: 'lb2' }), partOf(now + 10)];
    expect(await sink.deliver(parts, signal)).toMatchObject({ metrics: [2, 2, 2] });
    expect(await files()).toEqual([`${now}/lb1/stats`, `${now}/lb2/stats`, `${now + 10}/lb1/stats`]);
    expect(await stats(now)).toBe(textOf(parts[0]!));
    expect(await stats(now, 'lb2')).toBe(textOf(parts[1]!));
  });

  it('puts a frame with more coverage in the place of the one before', async () => {
    const sink = await open();
    const more = partOf(now, { covered: 3 });
    await sink.deliver([partOf(now), more], signal);
    expect(await stats(now)).toBe(textOf(more));
    expect(await files()).toEqual([`${now}/lb1/stats`]);
  });

  it('shows a frame of several parts when all are there, in their order', async () => {
    const sink = await open();
    const parts = [0, 1, 2].map((part) => partOf(now, { part, parts: 3 }));
    await sink.deliver([parts[0]!, parts[1]!], signal);
    await expect(stats(now)).rejects.toThrow('ENOENT');
    await sink.deliver([parts[2]!], signal);
    expect(await stats(now)).toBe(textOf(...parts));
    expect(await files()).toEqual([`${now}/lb1/stats`]);
  });

  it('has the same file after a crash between parts, wherever delivery goes on', async () => {
    const parts = [0, 1, 2].map((part) => partOf(now, { part, parts: 3 }));
    await (await open()).deliver(parts.slice(0, 2), signal);
    await (await open()).deliver(parts.slice(1), signal);
    expect(await stats(now)).toBe(textOf(...parts));
    await (await open()).deliver(parts, signal);
    expect(await stats(now)).toBe(textOf(...parts));
    expect(await files()).toEqual([`${now}/lb1/stats`]);
  });

  it('removes with its slot what a killed writer has left half done', async () => {
    const left = `${now}/lb1/stats.${randomUUID()}.new`;
    await (await open()).deliver([partOf(now)], signal);
    await writeFile(join(directory, left), 'half of a li');
    const sink = await open();
    await sink.deliver([partOf(now)], signal);
    expect(await files()).toEqual([`${now}/lb1/stats`, left]);
    await clock.advance(3_605_000);
    await sink.deliver([partOf(now + 3_600)], signal);
    expect(await files()).toEqual([`${now + 3_600}/lb1/stats`]);
  });

  it('does not mix parts of frames with different coverage', async () => {
    const sink = await open();
    const whole = [0, 1].map((part) => partOf(now, { part, parts: 2, covered: 4 }));
    await sink.deliver([partOf(now, { part: 0, parts: 2, covered: 3 }), whole[1]!], signal);
    await expect(stats(now)).rejects.toThrow('ENOENT');
    await sink.deliver([whole[0]!], signal);
    expect(await stats(now)).toBe(textOf(...whole));
    expect(await files()).toEqual([`${now}/lb1/stats`]);
  });

  it('does not mix parts of frames of which each lacks another process', async () => {
    const sink = await open();
    const [one, other] = ['p1', 'p2'].map((without) =>
      [0, 1].map((part) => partOf(now, { part, parts: 2, without })),
    );
    await sink.deliver([one![0]!, other![1]!], signal);
    await expect(stats(now)).rejects.toThrow('ENOENT');
    await sink.deliver([one![1]!], signal);
    expect(await stats(now)).toBe(textOf(...one!));
    await sink.deliver([other![0]!], signal);
    expect(await stats(now)).toBe(textOf(...other!));
    expect(await files()).toEqual([`${now}/lb1/stats`]);
  });

  it('keeps the parts of a frame that covers more than the one that is whole first', async () => {
    const less = [0, 1].map((part) => partOf(now, { part, parts: 2, covered: 3 }));
    const more = [0, 1].map((part) => partOf(now, { part, parts: 2, covered: 4 }));
    const sink = await open();
    await sink.deliver([less[0]!, more[0]!, less[1]!, more[1]!], signal);
    expect(await stats(now)).toBe(textOf(...more));
    expect(await files()).toEqual([`${now}/lb1/stats`]);
  });

  it('keeps the order of parts whose deliveries overlap', async () => {
    const sink = await open();
    const [less, more] = [partOf(now, { covered: 1 }), partOf(now, { covered: 2 })];
    await Promise.all([sink.deliver([less], signal), sink.deliver([more], signal)]);
    expect(await stats(now)).toBe(textOf(more));
  });

  it('makes nothing of a part without lines, but a whole of parts of which some have none', async () => {
    const sink = await open({}, function* (part) {
      if (part.part !== 1 && part.parts > 1) yield* linesOf(part);
    });
    expect(await sink.deliver([partOf(now)], signal)).toMatchObject({ metrics: [0] });
    expect(await readdir(directory)).toEqual([]);
    const parts = [0, 1].map((part) => partOf(now, { part, parts: 2 }));
    expect(await sink.deliver(parts, signal)).toMatchObject({ metrics: [2, 0] });
    expect(await stats(now)).toBe(textOf(parts[0]!));
  });

  it.each([
    ['../../etc', /^__\.\._etc-[0-9a-f]{8}$/],
    ['..', /^_-[0-9a-f]{8}$/],
    ['', /^-[0-9a-f]{8}$/],
    ['lb\n1\0', /^lb_1_-[0-9a-f]{8}$/],
    ['é'.repeat(300), /^_{200}-[0-9a-f]{8}$/],
    ['lb1.example.com:8080', /^lb1\.example\.com:8080$/],
  ])('gives node %j a directory below the slot', async (node, name) => {
    await (await open()).deliver([partOf(now, { node })], signal);
    expect(await readdir(join(directory, String(now)))).toEqual([expect.stringMatching(name)]);
  });

  it('removes what is older than the retention, at its start and with every write', async () => {
    const sink = await open();
    await sink.deliver([partOf(now), partOf(now + 10)], signal);
    await clock.advance(3_605_000);
    await sink.deliver([partOf(now + 3_600)], signal);
    expect(await readdir(directory)).toEqual([String(now + 10), String(now + 3_600)]);
    await clock.advance(10_000);
    await open();
    expect(await readdir(directory)).toEqual([String(now + 3_600)]);
  });

  it('does not store what is older than the retention', async () => {
    const sink = await open();
    expect(await sink.deliver([partOf(now - 3_601)], signal)).toMatchObject({ metrics: [0] });
    expect(await readdir(directory)).toEqual([]);
  });

  it('removes the oldest where all takes more than it may, whatever the order of writing', async () => {
    const bytes = textOf(partOf(now)).length;
    const sink = await open({ maxBytes: 3 * bytes });
    await sink.deliver(
      [10, 30, 20, 40, 50].map((late) => partOf(now + late)),
      signal,
    );
    expect(await readdir(directory)).toEqual([30, 40, 50].map((late) => String(now + late)));
    await open({ maxBytes: bytes });
    expect(await readdir(directory)).toEqual([String(now + 50)]);
  });

  it('removes a slot from a time that is yet to come before any other', async () => {
    const bytes = textOf(partOf(now)).length;
    const sink = await open({ maxBytes: 3 * bytes });
    await sink.deliver([partOf(now + 86_400), partOf(now + 172_800), partOf(now + 61)], signal);
    await sink.deliver([partOf(now), partOf(now + 10)], signal);
    expect(await readdir(directory)).toEqual([now, now + 10, now + 61].map(String));
    await open({ maxBytes: 2 * bytes });
    expect(await readdir(directory)).toEqual([String(now), String(now + 10)]);
  });

  it('takes what is written for the present too, where its own clock is behind', async () => {
    const bytes = textOf(partOf(now)).length;
    const sink = await open({ maxBytes: 2 * bytes });
    await sink.deliver(
      [3_600, 3_610, 3_620].map((late) => partOf(now + late)),
      signal,
    );
    expect(await readdir(directory)).toEqual([String(now + 3_610), String(now + 3_620)]);
  });

  it('says so where not even one slot has room', async () => {
    const sink = await open({ maxBytes: 10 });
    expect(await sink.deliver([partOf(now)], signal)).toMatchObject({ metrics: [0] });
    expect(await readdir(directory)).toEqual([]);
    expect(log.leveled()).toEqual([expect.stringContaining("raise 'max-size' of [local-store]")]);
  });

  it('leaves alone what it has not made', async () => {
    const theirs = [
      '1600000000/stats',
      '1600000000/lb1/other',
      'notes/stats',
      '1600000001',
      '1600000002/lb1/kept',
      '01600000003/lb1/stats',
      '2024/app/stats',
    ];
    for (const path of theirs) {
      await mkdir(join(directory, path, '..'), { recursive: true });
      await writeFile(join(directory, path), 'x');
    }
    await writeFile(join(directory, '1600000002/lb1/stats'), 'x');
    await open({ maxBytes: 1 });
    expect(await files()).toEqual([...theirs].sort());
  });

  it('tries on while the system refuses, and says so again now and then', async () => {
    const sink = await open();
    await rm(directory, { recursive: true });
    await writeFile(directory, 'in the way');
    const delivery = sink.deliver([partOf(now)], signal);
    await tries(6);
    const isRefusal = new RegExp(`^error: local-store: cannot write in ${directory}: ENOTDIR`);
    expect(log.leveled()).toEqual([expect.stringMatching(isRefusal)]);
    await tries(25);
    expect(log.leveled()).toEqual(
      Array.from({ length: 3 }, () => expect.stringMatching(isRefusal) as string),
    );
    await rm(directory);
    await clock.advance(30_000);
    expect(await delivery).toMatchObject({ metrics: [2] });
    expect(await stats(now)).toBe(textOf(partOf(now)));
    expect(log.leveled()[3]).toBe(`info: local-store: can write in ${directory} again`);
  });

  it('stops trying when it is told to', async () => {
    const sink = await open();
    await rm(directory, { recursive: true });
    await writeFile(directory, 'in the way');
    const stop = new AbortController();
    const delivery = sink.deliver([partOf(now)], stop.signal);
    const waiting = sink.deliver([partOf(now)], stop.signal);
    await tries(2);
    stop.abort(new Error('stopped'));
    await expect(delivery).rejects.toThrow('stopped');
    await expect(waiting).rejects.toThrow('stopped');
    await sink.close();
  });

  it('does not open where the directory cannot be used', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    await expect(open({ directory: join(file, 'store') })).rejects.toThrow(
      `'dir' of [local-store] cannot be used, ${file}/store: ENOTDIR`,
    );
  });

  it('names a slot that it cannot remove, leaves it there, and goes on', async () => {
    await mkdir(join(directory, '1600000000', 'lb1', 'stats'), { recursive: true });
    await mkdir(join(directory, '1600000010', 'lb1'), { recursive: true });
    await writeFile(join(directory, '1600000010', 'lb1', 'stats'), 'old');
    const sink = await open();
    await sink.deliver([partOf(now)], signal);
    await sink.deliver([partOf(now + 10)], signal);
    expect((await readdir(directory)).sort()).toEqual(['1600000000', String(now), String(now + 10)]);
    expect(log.leveled()).toEqual([
      expect.stringMatching(/^error: local-store: .*1600000000 cannot be removed.*Remove it yourself$/),
    ]);
    expect(failures).toBe(1);
  });

  it('keeps no shard, of which a file would have the rest of the node overwritten, and says what to do', async () => {
    const sink = await open();
    const part = partOf(now);
    const shard = {
      ...part,
      frame: { ...part.frame, head: { ...part.frame.head, shard: { index: 1, of: 2 } } },
    };
    const { metrics, unfit } = await sink.deliver([shard, partOf(now + 10)], signal);
    expect([metrics, [...unfit.keys()]]).toEqual([[0, 2], [0]]);
    expect(unfit.get(0)!.message).toContain("set 'shards' in section [cluster] to 1");
    expect(await readdir(directory)).toEqual([String(now + 10)]);
  });
});
