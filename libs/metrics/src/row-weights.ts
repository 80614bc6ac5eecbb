import { stride, type StatLayout, type StatRows, type Weight } from '@haproxystats/haproxy';
import type { Run } from './steps';

/** Before 2.2 HAProxy divides the sum of the last times by so many even when there were fewer, so that they come out too small. */
const assumedSamples = 512;

const http = Buffer.from('http');
const responseFields = ['hrsp_1xx', 'hrsp_2xx', 'hrsp_3xx', 'hrsp_4xx', 'hrsp_5xx', 'hrsp_other'];

/** Where the columns that give a row its weight begin in a batch; a column that the layout does not have is blank. */
interface WeightPlaces {
  readonly requests: number;
  readonly responses: readonly number[];
  readonly balanced: number;
  readonly sessions: number;
  /** Among the texts; -1 when it is not there. */
  readonly mode: number;
}

/** Sets the weights of a run's rows. */
export type Weigh = (run: Run, rows: StatRows) => void;

/** How the rows of a layout get their weights. `undercounts`: of a HAProxy before 2.2. */
export function weighBy(weight: Weight, layout: StatLayout, undercounts: boolean): Weigh {
  const places = placesIn(layout);
  if (weight === 'traffic') return (run) => weighTraffic(run, places.balanced);
  return (run, rows) => {
    weighRequests(run, rows, places);
    if (undercounts) correctTimes(run);
  };
}

/** Where the column begins in a batch that is blank in all rows. */
export function blankPlace({ numbers }: StatLayout): number {
  return numbers.length * stride;
}

/** Where a number column begins in a batch; one that the layout does not have is blank. */
function placeOf(layout: StatLayout, name: string): number {
  const number = layout.numbers.indexOf(name);
  return number < 0 ? blankPlace(layout) : number * stride;
}

function placesIn(layout: StatLayout): WeightPlaces {
  const mode = layout.texts.indexOf('mode');
  return {
    requests: placeOf(layout, 'req_tot'),
    responses: responseFields.map((name) => placeOf(layout, name)),
    balanced: placeOf(layout, 'lbtot'),
    sessions: placeOf(layout, 'stot'),
    mode: mode < 0 ? -1 : mode * stride,
  };
}

/** 1 for a row that has balanced something since its start. */
function weighTraffic({ count, values, from, weights, factors }: Run, balanced: number): void {
  for (let i = 0; i < count; i++) weights[i] = factors[i] = values[balanced + from[i]!]! > 0 ? 1 : 0;
}

/** The requests that a row has handled, or for TCP the connections: HAProxy's own count of the samples in its means. */
function weighRequests(run: Run, rows: StatRows, places: WeightPlaces): void {
  const { count, values, from, weights, factors } = run;
  for (let i = 0; i < count; i++) {
    const row = from[i]!;
    const requests = requestsOf(values, row, places);
    const connections = orElse(values[places.balanced + row]!, values[places.sessions + row]!);
    const isHttp = modeIsHttp(rows, places.mode < 0 ? -1 : places.mode + row) ?? requests === requests;
    const weight = isHttp ? requests : connections;
    weights[i] = factors[i] = weight > 0 ? weight : 0;
  }
}

/** Servers of HAProxy 1.x have no `req_tot`, but responses. NaN where nothing counts requests. */
function requestsOf(values: Float64Array, row: number, { requests, responses }: WeightPlaces): number {
  const total = values[requests + row]!;
  if (total === total) return total;
  let sum = NaN;
  for (const place of responses) {
    const count = values[place + row]!;
    if (count === count) sum = orElse(sum, 0) + count;
  }
  return sum;
}

/** Undefined where the mode is not said: before 1.7. */
function modeIsHttp({ text, starts, ends }: StatRows, cell: number): boolean | undefined {
  if (cell < 0 || starts[cell] === ends[cell]) return undefined;
  const start = starts[cell]!;
  if (ends[cell]! - start !== http.length) return false;
  for (let i = 0; i < http.length; i++) if (text[start + i] !== http[i]) return false;
  return true;
}

/** What the value has to be multiplied with is then not its weight: value * 512 / weight is the true mean. */
function correctTimes({ count, weights, factors }: Run): void {
  for (let i = 0; i < count; i++) if (weights[i]! > 0) factors[i] = Math.max(weights[i]!, assumedSamples);
}

function orElse(value: number, otherwise: number): number {
  return value === value ? value : otherwise;
}
