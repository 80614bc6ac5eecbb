import type { FramePart } from '@haproxystats/messaging';
import { FakeClock } from '../../../../test/support/fake-clock';
import { frameHead, tableOf } from '../../../../test/support/frames';
import type { PollReport } from '../display';
import { SlotTracker } from './slot-tracker';

describe('SlotTracker', () => {
  let clock: FakeClock;
  let reports: PollReport[];
  let waiting: number[];
  let tracker: SlotTracker;

  beforeEach(() => {
    clock = new FakeClock();
    [reports, waiting] = [[], []];
    tracker = new SlotTracker(clock, {
      onReport: (report) => reports.push(report),
      onWaiting: (polls) => waiting.push(polls),
    });
  });

  const poll = (slot: number): void =>
    tracker.polled({ slot, startedAt: clock.wall() } as Parameters<SlotTracker['polled']>[0]);

  function partOf(slot: number, change: Partial<Omit<FramePart, 'frame'>> = {}): FramePart {
    const coverage = { covered: 1, expected: 2 };
    return {
      part: 0,
      parts: 1,
      ...change,
      frame: { head: frameHead({ slot, coverage }), tables: [tableOf('frontend', ['a', 'b'], [])] },
    };
  }

  it('reports a poll once all parts of its frame are delivered', async () => {
    poll(10_000);
    await clock.advance(300);
    tracker.delivered([partOf(10_000, { parts: 2 })], [5]);
    expect([reports, tracker.open]).toEqual([[], [10_000]]);
    tracker.delivered([partOf(10_000, { part: 1, parts: 2 })], [6]);
    expect(reports).toMatchObject([{ slotMs: 10_000, covered: 1, expected: 2, metrics: 11, elapsedMs: 300 }]);
    tracker.delivered([partOf(10_000)], [11]);
    expect([tracker.open, tracker.totals]).toEqual([[], { complete: 0, partial: 1, metrics: 22 }]);
  });

  it('tells of polls that wait for longer than 5 s, again when they are twice as many, and anew after they went', async () => {
    for (let slot = 1; slot <= 10; slot++) {
      poll(slot);
      await clock.advance(2_000);
    }
    // With the fourth the first has waited for 6 s.
    expect(waiting).toEqual([3, 6]);
    for (let slot = 1; slot <= 10; slot++) tracker.delivered([partOf(slot)], [1]);
    poll(11);
    await clock.advance(6_000);
    expect(waiting).toEqual([3, 6]);
    poll(12);
    expect(waiting).toEqual([3, 6, 1]);
  });
});
