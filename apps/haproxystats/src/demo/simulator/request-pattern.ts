import { seededRandom } from '../seeded-random';
import { addCounts, countsFrom, newCounts, type Counter, type Counts } from './counts';

type Request = Partial<Record<Counter, number>>;

/**
 * Requests that repeat for ever. What the first n of them have counted is known at once for every n, so that counters
 * follow from the time alone, never go back, and always add up.
 */
export class RequestPattern {
  readonly #sums: Counts[] = [newCounts()];

  constructor(requests: readonly Request[]) {
    for (const request of requests) {
      const sum = countsFrom(request);
      addCounts(sum, this.#sums.at(-1)!);
      this.#sums.push(sum);
    }
  }

  get length(): number {
    return this.#sums.length - 1;
  }

  /** What `count` requests have counted, the first being the one at position `from` (below `length`). */
  counts(from: number, count: number): Counts {
    const rounds = Math.floor((from + count) / this.length);
    const round = this.#sums.at(-1)!;
    const before = this.#sums[from]!;
    const rest = this.#sums[(from + count) % this.length]!;
    const counts = newCounts();
    for (let index = 0; index < counts.length; index++)
      counts[index] = rounds * round[index]! + rest[index]! - before[index]!;
    return counts;
  }
}

/** Of 1000: the answers by class, the rest being 2xx. */
const answers: readonly [permille: number, counter: Counter][] = [
  [60, 'hrsp_3xx'],
  [30, 'hrsp_4xx'],
  [8, 'hrsp_5xx'],
  [2, 'hrsp_1xx'],
];

/** Of 1000: what goes wrong besides. */
const mishaps: readonly [permille: number, counter: Counter][] = [
  [3, 'cli_abrt'],
  [2, 'srv_abrt'],
  [3, 'wretr'],
  [1, 'wredis'],
  [2, 'econ'],
  [3, 'eresp'],
];

function answerClass(permille: number): Counter {
  let upTo = 0;
  for (const [share, counter] of answers) if (permille < (upTo += share)) return counter;
  return 'hrsp_2xx';
}

function servedRequest(random: () => number): Request {
  const answer = answerClass(random() * 1000);
  const bytes = answer === 'hrsp_2xx' ? 500 + Math.floor(40_000 * random() ** 3) : 150;
  const compressed = random() < 0.25 ? { comp_in: bytes, comp_out: bytes >> 2, comp_rsp: 1 } : {};
  const request: Request = { stot: 1, [answer]: 1, ...compressed };
  request.bin = 200 + Math.floor(1000 * random());
  request.bout = bytes;
  request[random() < 0.3 ? 'connect' : 'reuse'] = 1;
  for (const [permille, counter] of mishaps) if (random() * 1000 < permille) request[counter] = 1;
  return request;
}

/** What servers get to see. */
export function servedPattern(seed: number): RequestPattern {
  const random = seededRandom(seed);
  return new RequestPattern(Array.from({ length: 997 }, () => servedRequest(random)));
}

/** What a frontend answers itself: denied, redirected and malformed requests. */
export const ownPattern = new RequestPattern([
  { stot: 1, hrsp_4xx: 1, dreq: 1, bin: 310, bout: 190 },
  { stot: 1, hrsp_3xx: 1, intercepted: 1, bin: 280, bout: 120 },
  { stot: 1, hrsp_4xx: 1, dreq: 1, bin: 420, bout: 190 },
  { stot: 1, hrsp_4xx: 1, ereq: 1, bin: 60, bout: 210 },
]);
