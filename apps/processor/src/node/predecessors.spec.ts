import { rawRecords, readRawChunk, type RawChunk } from '@haproxystats/messaging';
import { Predecessors } from './predecessors';

const interval = 10_000;
const start = 1_700_000_000_000;

interface Sent {
  readonly slot: number;
  readonly offset: number;
  readonly process?: string;
  readonly node?: string;
  readonly intervalMs?: number;
  /** Log time, ms after the start; that of its slot unless given. */
  readonly at?: number;
}

function chunkOf({ slot, process = 'p', node = 'n', intervalMs = interval }: Sent): RawChunk {
  const [record] = rawRecords({
    cluster: 'c',
    node,
    source: 's',
    slot: start + slot * interval,
    intervalMs,
    startedAt: start,
    replies: [{ process, info: Buffer.from('a: 1\n'), stat: Buffer.from('# pxname\n') }],
    failures: [],
  });
  return readRawChunk(record!);
}

function predecessorsOf(...sent: Sent[]): Predecessors {
  const predecessors = new Predecessors();
  add(predecessors, ...sent);
  return predecessors;
}

function add(predecessors: Predecessors, ...sent: Sent[]): void {
  for (const each of sent) {
    const { offset, slot, at = slot * interval } = each;
    predecessors.add(chunkOf(each), { offset, appendedAt: start + at });
  }
}

describe('Predecessors', () => {
  it('reaches further back where the interval has become longer', () => {
    const slower = { slot: 4, intervalMs: 2 * interval };
    const predecessors = predecessorsOf({ slot: 0, offset: 0 }, { ...slower, process: 'q', offset: 3 });
    expect(predecessors.base(2)).toBe(0);
  });

  it('leads back to the newest answer below the watermark of the process that was heard of first', () => {
    const predecessors = predecessorsOf(
      { slot: 0, offset: 0, process: 'a' },
      { slot: 0, offset: 1, process: 'b' },
      { slot: 1, offset: 2, process: 'b' },
      { slot: 1, offset: 3, process: 'a' },
      { slot: 2, offset: 4, process: 'a' },
    );
    expect([1, 2, 3, 4, 5].map((watermark) => predecessors.base(watermark))).toEqual([0, 0, 0, 2, 2]);
  });

  it('is the watermark where no process has an answer below it', () => {
    expect(new Predecessors().base(7)).toBe(7);
    expect(predecessorsOf({ slot: 0, offset: 9 }).base(7)).toBe(7);
  });

  it('goes by slots, not by the order of arrival: an old slot that comes again, or late, is no predecessor', () => {
    const predecessors = predecessorsOf(
      { slot: 1, offset: 1 },
      { slot: 1, offset: 2 },
      { slot: 0, offset: 3 },
    );
    expect(predecessors.base(9)).toBe(1);
  });

  it('lets go of a process that is more than three slots behind its own node, and of none for what other nodes do', () => {
    const predecessors = predecessorsOf(
      { slot: 0, offset: 0, process: 'gone' },
      { slot: 0, offset: 1, node: 'slow' },
      { slot: 3, offset: 2 },
    );
    expect(predecessors.base(9)).toBe(0);
    add(predecessors, { slot: 4, offset: 3 });
    expect(predecessors.base(9)).toBe(1);
    add(predecessors, { slot: 20, offset: 4 });
    expect(predecessors.base(9)).toBe(1);
  });

  it('lets go of a node that is gone when the log has moved on for five minutes, whatever its clock said', () => {
    const predecessors = predecessorsOf({ slot: 1_000_000, offset: 0, node: 'gone', at: 0 });
    add(predecessors, { slot: 30, offset: 1 });
    expect(predecessors.base(9)).toBe(0);
    add(predecessors, { slot: 31, offset: 2 });
    expect(predecessors.base(9)).toBe(2);
  });

  it('follows a process again five minutes after its clock was far ahead', () => {
    const predecessors = predecessorsOf({ slot: 1_000_000, offset: 0, at: 0 });
    for (let slot = 1; slot <= 31; slot++) add(predecessors, { slot, offset: slot });
    expect(predecessors.base(99)).toBe(99);
    add(predecessors, { slot: 32, offset: 32 });
    expect(predecessors.base(99)).toBe(32);
  });

  it('reaches further back, never less far, where a watermark is held for many slots', () => {
    const predecessors = new Predecessors();
    for (let slot = 0; slot < 100; slot++) add(predecessors, { slot, offset: slot });
    expect(predecessors.base(10)).toBe(9);
    const base = predecessors.base(99);
    expect(base).toBeGreaterThanOrEqual(9);
    expect(base).toBeLessThanOrEqual(98);
    expect(predecessors.base(100)).toBe(99);
  });

  it('has a bound: the node that was silent longest lets go', () => {
    const predecessors = new Predecessors(2);
    add(
      predecessors,
      { slot: 0, offset: 0, node: 'first' },
      { slot: 0, offset: 1, node: 'second' },
      { slot: 1, offset: 2, node: 'first' },
      { slot: 1, offset: 3, node: 'third' },
    );
    expect(predecessors.base(9)).toBe(2);
  });
});
