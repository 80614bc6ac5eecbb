import { eventually, type CarbonServer } from '../harness';
import type { Program } from './program';
import { counters, pathOf, sumStats } from './show-stat';

/** The slots that a puller says it has spooled, in seconds. */
export function polledSlots(puller: Program): number[] {
  return puller.lines(/^polled/).map(({ slot }) => Number(slot) / 1000);
}

/** Those of them in which every process answered: a machine that stands still within a poll cuts it short. */
export function wholePolls(puller: Program): number[] {
  const whole = puller.lines(/^polled/).filter(({ covered, expected }) => covered === expected);
  return whole.map(({ slot }) => Number(slot) / 1000);
}

/** Carbon's last point of a path, by seconds. */
export async function lastPoint(carbon: CarbonServer, path: string): Promise<readonly [number, number]> {
  const points = await carbon.points(path);
  const last = points.at(-1);
  if (!last) throw new Error(`${path}: nothing is stored`);
  return last;
}

/**
 * Waits until what carbon holds last of each counter is the direct sum of the sockets; answers how many were compared. Carbon
 * takes the points of a frame one after the other.
 */
export function untilEqualToSums(
  carbon: CarbonServer,
  prefix: string,
  sockets: readonly string[],
): Promise<number> {
  return eventually(async () => {
    const { compared, wrong } = await differences(carbon, prefix, sockets);
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
    return compared;
  });
}

/** `path: stored, summed` where the two differ; and how many counters were compared. */
async function differences(
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
    { withinMs: 60_000, everyMs: 250 },
  );
}
