import type { Timings } from './frame';

type Lap = keyof Timings;

/** Tells how long each kind of work took, in ms, when the work is done in turns. */
export class Stopwatch {
  readonly #laps: Record<Lap, number> = { info: 0, parse: 0, frontend: 0, backend: 0, server: 0 };
  #last = 0;

  /** `now`: a monotonic clock, in ms. */
  constructor(private readonly now: () => number) {}

  get timings(): Timings {
    return { ...this.#laps };
  }

  restart(): void {
    for (const lap of Object.keys(this.#laps) as Lap[]) this.#laps[lap] = 0;
    this.#last = this.now();
  }

  /** All time since the last call was spent on this; on anything else it counts nowhere. */
  lap(work: string): void {
    const now = this.now();
    if (isLap(work, this.#laps)) this.#laps[work] += now - this.#last;
    this.#last = now;
  }
}

function isLap(work: string, laps: Timings): work is Lap {
  return Object.hasOwn(laps, work);
}
