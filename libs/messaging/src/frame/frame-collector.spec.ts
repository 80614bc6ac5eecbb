import fc from 'fast-check';
import type { Frame, FrameHead } from '@haproxystats/metrics';
import { column } from '../../../../test/support/frame-column';
import { frameHead, tableOf } from '../../../../test/support/frames';
import { FrameCollector, type WholeFrame } from './frame-collector';
import type { FramePart } from './frame-record';

const start = 1_700_000_000_000;

function partOf(part: number, parts: number, change: Partial<FrameHead> = {}): FramePart {
  const table = tableOf('frontend', [`p${part}`], [column('stot', 'sum', [part])]);
  return { part, parts, frame: { head: frameHead(change), tables: [table] } };
}

/** A part of the emission of that name. */
function partFrom(emission: string, part: number, change: Partial<FrameHead> = {}): FramePart {
  return { ...partOf(part, 2, change), emission };
}

const covered = (count: number) => ({ coverage: { covered: count, expected: 4 } });

describe('FrameCollector', () => {
  let collector: FrameCollector;
  let offset: number;
  let gone: Frame[];

  beforeEach(() => {
    offset = 0;
    gone = [];
    collector = new FrameCollector({ onLetGo: (frame) => gone.push(frame) });
  });

  function add(part: FramePart, appendedAt = start): WholeFrame | undefined {
    return collector.add(part, { offset: offset++, appendedAt });
  }

  it('gives a frame of one part at once, each time', () => {
    for (const at of [0, 1]) {
      const whole = add(partOf(0, 1));
      expect(whole).toMatchObject({ offset: at, appendedAt: start });
      expect(whole?.parts).toHaveLength(1);
    }
    expect(collector.heldFrom).toBeUndefined();
  });

  it('gives the parts in their order once all are there, and holds the offset of the first until then', () => {
    expect(add(partOf(2, 3))).toBeUndefined();
    expect(add(partOf(0, 3))).toBeUndefined();
    expect(add(partOf(0, 3))).toBeUndefined();
    expect(collector.heldFrom).toBe(0);
    const whole = add(partOf(1, 3), start + 5);
    expect(whole?.parts.map(({ part }) => part)).toEqual([0, 1, 2]);
    expect(whole).toMatchObject({ offset: 0, appendedAt: start });
    expect([collector.heldFrom, collector.bytes]).toEqual([undefined, 0]);
  });

  it('passes over what comes again of a frame that was whole', () => {
    for (const part of [0, 1, 0, 1, 1]) add(partOf(part, 2));
    expect([collector.heldFrom, collector.bytes, gone.length]).toEqual([undefined, 0, 0]);
  });

  it('never mixes nodes, clusters, scopes, slots, coverages, or cuts', () => {
    const others: [Partial<FrameHead>, number][] = [
      [{ node: 'other' }, 2],
      [{ cluster: 'us' }, 2],
      [{ scope: 'cluster' }, 2],
      [{ slot: 1_700_000_020_000 }, 2],
      [covered(2), 2],
      [{ coverage: { covered: 1, expected: 2 } }, 2],
      [{}, 3],
    ];
    add(partOf(0, 2));
    for (const [change, parts] of others) expect(add(partOf(1, parts, change))).toBeUndefined();
    expect(add(partOf(1, 2))).toBeDefined();
  });

  it('never mixes two emissions of a slot that cover as much: the first that is whole counts, and the other holds nobody up', () => {
    const read = [partFrom('x', 0), partFrom('y', 0), partFrom('y', 1), partFrom('x', 1)];
    const whole = read.flatMap((part) => add(part) ?? []);
    expect(whole.map(({ parts }) => parts.map(({ emission }) => emission))).toEqual([['y', 'y']]);
    expect([collector.heldFrom, collector.bytes, gone.length]).toEqual([undefined, 0, 1]);
  });

  it('gives what replaces an emission that broke off, and what is emitted anew after it', () => {
    const read = [partFrom('x', 0), partFrom('y', 0), partFrom('y', 1), partFrom('z', 0), partFrom('z', 1)];
    const whole = read.flatMap((part) => add(part) ?? []);
    expect(whole.map(({ parts }) => parts.map(({ emission }) => emission))).toEqual([
      ['y', 'y'],
      ['z', 'z'],
    ]);
    expect(collector.heldFrom).toBeUndefined();
  });

  it('lets go of what a whole frame of the same slot has made useless, not of what says more', () => {
    add(partOf(0, 2, covered(2)));
    add(partOf(0, 2, covered(4)));
    add(partOf(0, 2, { ...covered(2), node: 'other' }));
    add(partOf(0, 1, covered(3)));
    expect(gone.map(({ head }) => head.coverage.covered)).toEqual([2]);
    expect(collector.heldFrom).toBe(1);
    expect(add(partOf(1, 2, covered(4)))).toBeDefined();
  });

  it('waits as long as brokers may be away in the middle of a frame, whoever tells the time', () => {
    const patience = 15 * 60_000;
    add(partOf(0, 2));
    collector.age(start + patience - 1);
    expect(gone).toHaveLength(0);
    collector.age(start + patience);
    expect(gone).toHaveLength(1);
    add(partOf(0, 2));
    add(partOf(0, 1, { node: 'other' }), start + patience);
    expect(gone).toHaveLength(2);
    expect([collector.heldFrom, collector.bytes]).toEqual([undefined, 0]);
  });

  it('keeps within its bytes: the oldest go', () => {
    add(partOf(0, 2));
    const maxBytes = collector.bytes * 3.5;
    collector = new FrameCollector({ maxBytes, onLetGo: (frame) => gone.push(frame) });
    for (let node = 0; node < 10; node++) add(partOf(0, 2, { node: `n${node}` }));
    expect(gone.map(({ head }) => head.node)).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6']);
    expect(collector.bytes).toBeLessThanOrEqual(maxBytes);
    expect(collector.heldFrom).toBe(offset - 3);
  });

  it('gives every frame all of whose parts came, whatever the order and repetitions', () => {
    const parts = [2, 3, 4].flatMap((count) =>
      Array.from({ length: count }, (_, part) => partOf(part, count, { node: `n${count}` })),
    );
    const some = fc.shuffledSubarray(parts, { minLength: parts.length });
    fc.assert(
      fc.property(some, fc.array(fc.nat(parts.length - 1)), (order, again) => {
        const all = new FrameCollector();
        const read = [...again.map((i) => parts[i]!), ...order];
        const whole = read.flatMap((part, i) => all.add(part, { offset: i, appendedAt: start }) ?? []);
        expect(whole.map((frame) => frame.parts.map(({ part }) => part)).sort()).toEqual([
          [0, 1],
          [0, 1, 2],
          [0, 1, 2, 3],
        ]);
        expect(all.heldFrom).toBeUndefined();
      }),
    );
  });
});
