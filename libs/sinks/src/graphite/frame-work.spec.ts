import type { FramePart } from '@haproxystats/messaging';
import type { FrameHead } from '@haproxystats/metrics';
import { frameHead } from '../../../../test/support/frames';
import { FrameWork } from './frame-work';
import { noWork, type Work } from './own-metrics';

function part(number: number, parts: number, change: Partial<FrameHead> = {}): FramePart {
  return { part: number, parts, frame: { head: frameHead(change), tables: [] } };
}

/** So many lines of `show info`. */
function lines(count: number): Work {
  return noWork().map((group, i) => (i === 0 ? { ran: true, lines: count, ms: 10 * count } : group));
}

describe('FrameWork', () => {
  it('has the work on a frame of one part at once', () => {
    expect(new FrameWork().add(part(0, 1), lines(3))).toEqual(lines(3));
  });

  it('adds up parts in any order, and answers with the last', () => {
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
      [1, 2, 0],
    ]) {
      const work = new FrameWork();
      const answers = order.map((number) => work.add(part(number, 3), lines(number + 1)));
      expect(answers).toEqual([undefined, undefined, lines(6)]);
    }
  });

  it('answers nothing for a frame of which parts were not seen', () => {
    const work = new FrameWork();
    expect([1, 2].map((number) => work.add(part(number, 3), lines(1)))).toEqual([undefined, undefined]);
  });

  it.each<[string, Partial<FrameHead>, number]>([
    ['of another slot', { slot: 1_700_000_020_000 }, 2],
    ['of another node', { node: 'lb2' }, 2],
    ['with another coverage', { coverage: { covered: 1, expected: 2 } }, 2],
    ['without other processes', { missing: [{ process: '/a', reason: 'timeout' }] }, 2],
    ['cut in another way', {}, 3],
  ])('does not mix it with a frame %s', (_, change, parts) => {
    const work = new FrameWork();
    work.add(part(0, 2), lines(1));
    expect(work.add(part(1, parts, change), lines(1))).toBeUndefined();
    expect(work.add(part(1, 2), lines(1))).toEqual(lines(2));
  });

  it('begins again where a part comes again', () => {
    const work = new FrameWork();
    work.add(part(0, 3), lines(1));
    work.add(part(1, 3), lines(1));
    work.add(part(1, 3), lines(5));
    expect(work.add(part(2, 3), lines(5))).toBeUndefined();
    expect(work.add(part(0, 3), lines(5))).toEqual(lines(15));
  });

  it('gives up the oldest of too many frames', () => {
    const work = new FrameWork(2);
    for (const slot of [1, 2, 3]) work.add(part(0, 2, { slot }), lines(1));
    const isWhole = (slot: number): boolean => work.add(part(1, 2, { slot }), lines(1)) !== undefined;
    expect([3, 2, 1].map(isWhole)).toEqual([true, true, false]);
  });
});
