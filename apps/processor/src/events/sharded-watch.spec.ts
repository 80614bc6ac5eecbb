import fc from 'fast-check';
import { shardsOf, type Frame, type HaproxyEvent } from '@haproxystats/metrics';
import { firstSlot, intervalMs, watchedFrame, type Said } from '../../../../test/support/watched-node';
import { PartitionWatch } from './partition-watch';

const sockets = ['/run/1.sock', '/run/2.sock'];
const rows = ['web', 'be', 'be/s1', 'be/s2', 'api', 'api/s1', 'cdn/s9'];

/** The events of a partition with these frames, at a slot each; ordered by what they are of. */
function eventsOf(frames: readonly (readonly Frame[])[]): HaproxyEvent[] {
  const watch = new PartitionWatch({ absentMs: 0, debounce: 2 });
  let offset = 0;
  const events = frames.flatMap((parts, slot) =>
    parts.flatMap((frame) => {
      const place = { offset, next: ++offset, appendedAt: firstSlot + slot * intervalMs };
      return watch.see(place, { parts: [{ part: 0, parts: 1, frame }], ...place });
    }),
  );
  return events.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

const step = fc.record({
  states: fc.array(fc.constantFrom('UP', 'UP', 'DOWN', 'MAINT'), { minLength: 7, maxLength: 7 }),
  reload: fc.constantFrom(false, false, true),
  missing: fc.constantFrom(false, false, true),
  isAway: fc.constantFrom(false, false, false, true),
});

describe('the events of shards', () => {
  it('are those of the whole frames, each told by one of them', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.integer({ min: 2, max: 5 }), (steps, of) => {
        let pid = 7;
        const frames = steps.map(({ states, reload, missing, isAway }, slot) => {
          if (reload) pid++;
          const seen = Object.fromEntries(rows.map((name, i) => [name, states[i]!]));
          const processes: Said['processes'] = {
            [sockets[0]!]: { rows: seen, pid },
            [sockets[1]!]: missing ? 'timeout' : { rows: seen, pid: 90 },
          };
          const others = [watchedFrame({ node: 'other', slot, processes })];
          return isAway ? others : [...others, watchedFrame({ node: 'lb1', slot, processes })];
        });
        const whole = eventsOf(frames);
        expect(eventsOf(frames.map((each) => each.flatMap((frame) => shardsOf(frame, of))))).toEqual(whole);
      }),
    );
  });
});
