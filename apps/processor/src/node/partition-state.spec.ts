import { rawRecords, readRawChunk, type LogEntry, type RawChunk } from '@haproxystats/messaging';
import { graceMs, PartitionState } from './partition-state';
import { Snapshot } from './snapshot';

const interval = 10_000;
const start = 1_700_000_000_000;

function chunks(slot: number, processes = 1): RawChunk[] {
  const stat = Buffer.from(`# pxname,svname,type\n${'x'.repeat(200)},FRONTEND,0\n`);
  return rawRecords({
    cluster: 'c',
    node: 'n',
    source: 's',
    slot: start + slot * interval,
    intervalMs: interval,
    startedAt: start,
    replies: Array.from({ length: processes }, (_, i) => ({
      process: `p${i}`,
      info: Buffer.from('a: 1\n'),
      stat,
    })),
    failures: [],
  }).map((record) => readRawChunk(record));
}

function entry(offset: number, appendedAt = start): LogEntry {
  return {
    topic: 't',
    partition: 0,
    offset,
    next: offset + 1,
    appendedAt,
    priming: false,
    key: '',
    headers: {},
    value: Buffer.alloc(0),
  };
}

/** Takes a chunk as the record at `offset`, and settles its snapshot when told. */
function take(
  state: PartitionState,
  chunk: RawChunk,
  { offset, settle, isWhole = false }: { offset: number; settle: boolean; isWhole?: boolean },
): void {
  const taken = state.take(chunk, entry(offset));
  state.pass(entry(offset));
  if (settle && typeof taken === 'object') state.settle(taken.snapshot, isWhole);
}

const unbounded = { bytes: Infinity, wholeBytes: Infinity, snapshots: Infinity };

/** What the snapshot of these chunks takes. */
function bytesOf(all: readonly RawChunk[]): number {
  const snapshot = new Snapshot(all[0]!, { offset: 0, appendedAt: start });
  for (const chunk of all) snapshot.add(chunk);
  return snapshot.bytes;
}

describe('PartitionState', () => {
  it('lets go of settled snapshots before it asks for an open one', () => {
    const state = new PartitionState({ ...unbounded, snapshots: 3 });
    take(state, chunks(0, 2)[0]!, { offset: 0, settle: false });
    for (let slot = 1; slot < 10; slot++) {
      take(state, chunks(slot)[0]!, { offset: slot, settle: true });
      expect(state.relieve()).toBeUndefined();
    }
    expect(state.position().watermark).toBe(0);
  });

  it('asks for the oldest open snapshot when nothing else helps, and for no more once it is settled', () => {
    const state = new PartitionState({ ...unbounded, bytes: bytesOf(chunks(0, 2).slice(0, 1)) * 2.7 });
    for (let slot = 0; slot < 3; slot++) take(state, chunks(slot, 2)[0]!, { offset: slot, settle: false });
    const oldest = state.relieve();
    expect(oldest?.slot).toBe(start);
    state.settle(oldest!, false);
    expect(state.relieve()).toBeUndefined();
    expect(state.position().watermark).toBe(1);
    expect(state.take(chunks(0, 2)[1]!, entry(3))).toBe('late');
  });

  it('keeps few bytes of snapshots that are settled and whole, but all of those that known pullers may add to', () => {
    const state = new PartitionState({ ...unbounded, wholeBytes: bytesOf(chunks(0)) * 2.5 });
    take(state, chunks(0)[0]!, { offset: 0, settle: true });
    for (let slot = 1; slot < 5; slot++)
      take(state, chunks(slot)[0]!, { offset: slot, settle: true, isWhole: true });
    const more = (slot: number) => state.take({ ...chunks(slot, 2)[1]!, source: 'other' }, entry(9));
    expect([0, 1, 2, 3, 4].map((slot) => typeof more(slot))).toEqual([
      'object',
      'string',
      'string',
      'object',
      'object',
    ]);
    expect(more(2)).toBe('late');
  });

  it('takes a whole snapshot for open again when something is added to it', () => {
    const state = new PartitionState({ ...unbounded, wholeBytes: bytesOf(chunks(0)) * 1.5 });
    take(state, chunks(0)[0]!, { offset: 0, settle: true, isWhole: true });
    take(state, { ...chunks(0, 2)[1]!, source: 'other' }, { offset: 1, settle: false });
    for (let slot = 1; slot < 5; slot++)
      take(state, chunks(slot)[0]!, { offset: slot + 1, settle: true, isWhole: true });
    expect(state.unsettled().map(({ slot, arrived }) => [slot, arrived])).toEqual([[start, ['p0', 'p1']]]);
  });

  it('forgets the bytes of a settled snapshot after a minute, its name after a quarter of an hour, an open one never', () => {
    const state = new PartitionState();
    take(state, chunks(0)[0]!, { offset: 0, settle: true });
    take(state, chunks(1, 2)[0]!, { offset: 1, settle: false });
    state.age(start + 59_999);
    expect(state.take(chunks(0)[0]!, entry(2))).toBe('repeated');
    state.age(start + 60_000);
    expect(state.take(chunks(0, 2)[1]!, entry(3))).toBe('late');
    expect(state.take(chunks(0)[0]!, entry(3))).toBe('repeated');
    state.age(start + 15 * 60_000);
    expect(state.take(chunks(0)[0]!, entry(4))).toMatchObject({ snapshot: { slot: start } });
    expect(state.unsettled().map(({ slot }) => slot)).toEqual([start + interval, start]);
  });

  it('counts the names of what it remembers, and lets go of them too where they are too much', () => {
    const named = (slot: number): RawChunk => {
      const failed = Object.fromEntries(
        Array.from({ length: 200 }, (_, i) => [`${slot}-${i}`, 'timeout' as const]),
      );
      return { ...chunks(slot)[0]!, manifest: { chunks: { p0: 1 }, failed } };
    };
    const state = new PartitionState({ ...unbounded, bytes: bytesOf([named(10)]) / 2 });
    for (let slot = 10; slot < 300; slot++) {
      take(state, named(slot), { offset: slot, settle: true });
      expect(state.relieve()).toBeUndefined();
    }
    const remembered = (slot: number) => typeof state.take(named(slot), entry(2_000)) === 'string';
    expect([remembered(299), remembered(295), remembered(10)]).toEqual([true, true, false]);
  });

  it('waits for no snapshot longer than five minutes, however rarely its node is polled', () => {
    expect([10_000, 60_000, 86_400_000].map((intervalMs) => graceMs({ intervalMs }))).toEqual([
      15_000, 90_000, 300_000,
    ]);
  });

  describe('the base', () => {
    const primed = (offset: number, appendedAt = start): LogEntry => ({
      ...entry(offset, appendedAt),
      priming: true,
    });
    /** As the node role does. */
    const prime = (state: PartitionState, chunk: RawChunk, offset: number): void => {
      const taken = state.take(chunk, primed(offset));
      if (typeof taken === 'object') state.settle(taken.snapshot, taken.snapshot.complete);
    };
    const passed = (state: PartitionState, offset: number, after: number) =>
      state.pass(entry(offset, start + after));

    it('keeps a snapshot readable as long as it may grow: a complete one until grace is over, another for a minute', () => {
      const whole = new PartitionState();
      take(whole, chunks(0)[0]!, { offset: 0, settle: true, isWhole: true });
      take(whole, chunks(1)[0]!, { offset: 1, settle: true, isWhole: true });
      passed(whole, 8, 15_000);
      expect(whole.position()).toEqual({ watermark: 9, base: 0 });
      passed(whole, 9, 15_001);
      expect(whole.position()).toEqual({ watermark: 10, base: 1 });
      const part = new PartitionState();
      take(part, chunks(0, 2)[0]!, { offset: 0, settle: true });
      for (const slot of [1, 2]) take(part, chunks(slot, 2)[0]!, { offset: slot, settle: true });
      passed(part, 8, 60_000);
      expect(part.position()).toEqual({ watermark: 9, base: 0 });
      passed(part, 9, 60_001);
      expect(part.position()).toEqual({ watermark: 10, base: 2 });
    });

    it('rebuilds by priming what is to be known', () => {
      const state = new PartitionState();
      for (const [offset, chunk] of [...chunks(0), ...chunks(1, 2)].entries()) {
        prime(state, chunk, offset);
        state.pass(primed(offset));
      }
      expect(state.unsettled()).toEqual([]);
      expect(state.position()).toEqual({ watermark: 3, base: 0 });
      expect(state.take(chunks(1, 2)[0]!, entry(3))).toBe('repeated');
    });

    it('joins news to what was primed of its snapshot', () => {
      const state = new PartitionState();
      prime(state, chunks(0, 2)[0]!, 0);
      state.take(chunks(0, 2)[1]!, entry(1));
      state.pass(entry(1));
      expect(state.unsettled().map(({ arrived }) => arrived)).toEqual([['p0', 'p1']]);
      expect(state.position()).toEqual({ watermark: 1, base: 0 });
    });

    it('does not call a priming record late', () => {
      const state = new PartitionState({ ...unbounded, wholeBytes: 0 });
      take(state, chunks(0)[0]!, { offset: 0, settle: true, isWhole: true });
      expect(state.take(chunks(0, 2)[1]!, primed(1))).toBe('repeated');
      expect(state.take(chunks(0, 2)[1]!, entry(1))).toBe('late');
    });
  });
});
