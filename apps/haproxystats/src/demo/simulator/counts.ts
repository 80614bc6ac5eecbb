/** What the simulator counts, named by column; `stot` is the number of requests. */
export const counters = [
  'stot',
  'bin',
  'bout',
  'hrsp_1xx',
  'hrsp_2xx',
  'hrsp_3xx',
  'hrsp_4xx',
  'hrsp_5xx',
  'dreq',
  'ereq',
  'intercepted',
  'econ',
  'eresp',
  'wretr',
  'wredis',
  'cli_abrt',
  'srv_abrt',
  'connect',
  'reuse',
  'comp_in',
  'comp_out',
  'comp_rsp',
] as const;

export type Counter = (typeof counters)[number];

/** What some number of requests has counted: a number for each of `counters`. */
export type Counts = Float64Array;

const indexOf = new Map<Counter, number>(counters.map((counter, index) => [counter, index]));

export const newCounts = (): Counts => new Float64Array(counters.length);

export function countOf(counts: Counts, counter: Counter): number {
  return counts[indexOf.get(counter)!]!;
}

export function countsFrom(values: Partial<Record<Counter, number>>): Counts {
  return Float64Array.from(counters, (counter) => values[counter] ?? 0);
}

/** Adds `other` to `sum`. */
export function addCounts(sum: Counts, other: Counts): void {
  for (let index = 0; index < sum.length; index++) sum[index]! += other[index]!;
}
