import { rawRecords, readRawChunk, type LogEntry, type RawChunk } from '@haproxystats/messaging';
import { PartitionState } from './partition-state';

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

function bytesOf(all: readonly RawChunk[]): number {
  return all.reduce((sum, { value }) => sum + value.length, 0);
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
    const state = new PartitionState({ ...unbounded, bytes: bytesOf(chunks(0)) * 2.5 });
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
    const more = (slot: number) => state.take(chunks(slot, 2)[1]!, entry(9));
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
    take(state, chunks(0, 2)[1]!, { offset: 1, settle: false });
    for (let slot = 1; slot < 5; slot++)
      take(state, chunks(slot)[0]!, { offset: slot + 1, settle: true, isWhole: true });
    expect(state.unsettled().map(({ slot, forgotten }) => [slot, forgotten])).toEqual([[start, false]]);
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
});
