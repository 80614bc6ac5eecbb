import type { Run } from '../steps';
import type { CountedRows, Place } from './counted-rows';

/** Another process of the node that may count in the same memory: what it had counted at this poll, and at the one before. */
export interface Twin {
  readonly now: CountedRows;
  readonly before: CountedRows | undefined;
}

/** Rows of a batch: by their place in it where they are now, and were before, and where a twin has the same. */
export interface Sighting {
  readonly now: number;
  readonly was: number;
  readonly twin: Twin;
  readonly twinNow: number;
  readonly twinWas: number;
}

/** Rows of a process that are compared with those of its twins. */
export interface Compared {
  readonly now: CountedRows;
  readonly before: CountedRows | undefined;
}

/**
 * Whether two processes count a row in the same memory (`shm-stats-file`, rows with a guid): then none of its counters was behind what the
 * other had shown a poll before. A row that was only handed over (`stats-file`) stands still in the old worker while it grows in the new
 * one. Where nobody handled anything it does not matter, and counts as the same; where nothing can be compared they are apart. Source: 1.3 of
 * the statistics' specification, measured.
 */
export function isSharedRow({ now, before }: Compared, sighting: Sighting, counters: number): boolean {
  const { twin, twinNow, twinWas } = sighting;
  let isCompared = false;
  for (let counter = 0; counter < counters; counter++) {
    const mine = valueAt(now, counter, sighting.now);
    const theirs = valueAt(twin.now, counter, twinNow);
    if (mine < valueAt(twin.before, counter, twinWas)) return false;
    if (theirs < valueAt(before, counter, sighting.was)) return false;
    isCompared ||= mine === mine && theirs === theirs;
  }
  return isCompared;
}

/** NaN where there is none, which is neither more nor less than anything. */
function valueAt(rows: CountedRows | undefined, counter: number, row: number): number {
  return row < 0 ? NaN : (rows?.cells(counter)?.[row] ?? NaN);
}

/** Makes these rows of a batch such that nothing of them is added to what another process has told already. */
export function withdraw(shared: Uint8Array, places: readonly Pick<Place, 'column'>[], run: Run): void {
  const { count, values, from, weights, factors } = run;
  for (let i = 0; i < count; i++) {
    if (shared[i] === 0) continue;
    weights[i] = factors[i] = 0;
    for (const { column } of places) if (values[column + from[i]!]! > 0) values[column + from[i]!] = 0;
  }
}
