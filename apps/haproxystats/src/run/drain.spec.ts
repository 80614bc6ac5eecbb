import { setImmediate as turn } from 'node:timers/promises';
import { FakeClock } from '../../../../test/support/fake-clock';
import { drain } from './drain';
import { SlotTracker } from './slot-tracker';

const slot = Date.UTC(2026, 0, 1, 12, 0, 10);

describe('the drain after the last poll', () => {
  let clock: FakeClock;
  let tracker: SlotTracker;
  let stop: AbortController;
  let ended: boolean;
  /** What was told of the wait: polls, seconds. */
  let waits: [number, number][];

  beforeEach(() => {
    clock = new FakeClock();
    tracker = new SlotTracker(clock, { onReport: () => undefined, onWaiting: () => undefined });
    waits = [];
    stop = new AbortController();
    ended = false;
  });

  /** `count` polls that wait for their delivery. */
  function begin(count: number, failure: Promise<never> = new Promise(() => undefined)) {
    for (let i = 0; i < count; i++) {
      tracker.polled({ slot: slot + i * 10_000, startedAt: 0 } as Parameters<SlotTracker['polled']>[0]);
    }
    const drained = async (signal: AbortSignal) => {
      while (tracker.open.length > 0 && !signal.aborted) await clock.sleep(50, signal);
    };
    const result = drain(
      { tracker, failure, drained },
      {
        clock,
        intervalMs: 10_000,
        stop: stop.signal,
        onWait: (polls, ms) => waits.push([polls, ms / 1_000]),
      },
    );
    void result.then(
      () => (ended = true),
      () => (ended = true),
    );
    return result;
  }

  it('is over at once where everything is delivered', async () => {
    expect(await begin(0)).toBeUndefined();
    await clock.advance(60_000);
    expect(waits).toEqual([]);
  });

  it('lasts 30 s and the grace, then names the slots that are missing', async () => {
    const result = begin(12);
    await clock.advance(900);
    expect(waits).toEqual([]);
    await clock.advance(44_000);
    expect(waits).toEqual([[12, 44]]);
    expect(ended).toBe(false);
    await clock.advance(200);
    expect((await result)?.message).toMatch(
      /^12 of the polls .* 2026-01-01T12:00:10\.000Z, 2026-01-01T12:00:20\.000Z, .* and 2 more$/,
    );
  });

  it('lasts 5 s after a stop signal, and takes what is there', async () => {
    const result = begin(1);
    await clock.advance(500);
    stop.abort();
    await clock.advance(4_900);
    expect(ended).toBe(false);
    expect(waits).toContainEqual([1, 4]);
    await clock.advance(200);
    expect(await result).toBeUndefined();
  });

  it('rejects when the pipeline fails', async () => {
    const result = begin(
      1,
      turn().then(() => Promise.reject(new Error('a role died'))),
    );
    await expect(result).rejects.toThrow('a role died');
  });
});
