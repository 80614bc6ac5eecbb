import fc from 'fast-check';
import { SeenSlots } from './seen-slots';

const interval = 10;

describe('the slots that a reader has seen', () => {
  it('are all that were added and no other, in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60), { maxLength: 60 }), (added) => {
        const seen = new SeenSlots(-Infinity);
        for (const slot of added) seen.add(slot * interval, interval);
        const unseen = Array.from({ length: 62 }, (_, slot) => slot).filter((slot) =>
          seen.isUnseen(slot * interval, slot * interval),
        );
        expect(unseen).toEqual(
          Array.from({ length: 62 }, (_, slot) => slot).filter((slot) => !added.includes(slot)),
        );
      }),
    );
  });

  it('may be any, as long as something can have come before it read', () => {
    const seen = new SeenSlots(1_000);
    expect([seen.isUnseen(1_010, 990), seen.isUnseen(1_020, 1_000)]).toEqual([false, true]);
  });

  it('count as seen where there were too many gaps since', () => {
    const seen = new SeenSlots(-Infinity);
    for (let slot = 0; slot < 1_100; slot++) seen.add(2 * slot * interval, interval / 2);
    expect(seen.isUnseen(interval, interval)).toBe(false);
    expect(seen.isUnseen(2_001 * interval, 2_001 * interval)).toBe(true);
  });
});
