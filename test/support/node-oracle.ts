import { eventually, type CarbonServer } from '../harness';
import type { Program } from './program';
import { counters, pathOf, sumStats } from './show-stat';

/** The slots that a puller says it has spooled, in seconds. */
export function polledSlots(puller: Program): number[] {
  return puller.lines(/^polled/).map(({ slot }) => Number(slot) / 1000);
}

/** Carbon's last point of a path, by seconds. */
export async function lastPoint(carbon: CarbonServer, path: string): Promise<readonly [number, number]> {
  const points = await carbon.points(path);
  const last = points.at(-1);
  if (!last) throw new Error(`${path}: nothing is stored`);
  return last;
}

/** What Graphite holds differs from the direct sums of the sockets: `path: stored, summed`; and how many counters were compared. */
export async function differences(
  carbon: CarbonServer,
  prefix: string,
  sockets: readonly string[],
): Promise<{ compared: number; wrong: string[] }> {
  const sums = await sumStats(sockets);
  const wrong: string[] = [];
  let compared = 0;
  for (const [entity, row] of sums) {
    for (const counter of counters) {
      const expected = row.get(counter);
      if (expected === undefined) continue;
      const path = pathOf(prefix, entity, counter);
      const [, stored] = await lastPoint(carbon, path);
      compared++;
      if (stored !== expected) wrong.push(`${path}: ${stored} is stored, ${expected} is the sum`);
    }
  }
  return { compared, wrong };
}

/** Waits until `prefix` has a point at or after `second`. */
export async function pointSince(carbon: CarbonServer, path: string, second: number): Promise<void> {
  await eventually(
    async () => {
      const [at] = await lastPoint(carbon, path);
      if (at < second) throw new Error(`${path}: the last point is of ${at}, ${second} is waited for`);
    },
    { withinMs: 30_000, everyMs: 250 },
  );
}
