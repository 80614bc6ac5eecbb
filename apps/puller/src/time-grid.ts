export interface TimeGridOptions {
  readonly intervalMs: number;
  /** How long after the start of its slot a node polls. */
  readonly phaseMs: number;
  /** The last slot given before the start of this program; absent or 0: none. */
  readonly last?: number;
}

/** Poll `slot` now, or ask again after `waitMs`. */
export type Step =
  | { readonly waitMs: number }
  | {
      /** Start of the slot, ms since the epoch; a multiple of the interval. */
      readonly slot: number;
      /** Slots passed over since the last poll of this program. */
      readonly skipped: number;
      /** The clock went back and was accepted: slots may come a second time, so they need a new source. */
      readonly restarted: boolean;
    };

/** A poll that would begin later than this part of the interval is left out, so that nodes stay aligned. */
const latestStart = 1 / 5;
/** So long a clock that went back is waited for, in intervals. */
const patience = 3;

/** Spreads nodes over the beginning of a slot: 0 up to min(2 s, interval / 5), the same for a node for ever. */
export function phaseOf(cluster: string, node: string, intervalMs: number): number {
  const range = Math.max(1, Math.floor(Math.min(2000, intervalMs / 5)));
  return fnv1a(`${cluster}/${node}`) % range;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** Slots are multiples of the interval. Never gives a slot twice or one before the last, unless the clock was set back for good. */
export class TimeGrid {
  #last: number | undefined;
  #behindSince: number | undefined;
  #isFirst = true;

  constructor(private readonly options: TimeGridOptions) {
    this.#last = options.last;
  }

  /** What to do at `wall` (ms since the epoch, may jump) and `monotonic` (ms). */
  step(wall: number, monotonic: number): Step {
    const { intervalMs, phaseMs } = this.options;
    const current = Math.floor((wall - phaseMs) / intervalMs) * intervalMs;
    const restarted = this.#acceptsPast(current, monotonic);
    const last = restarted ? undefined : this.#last;
    if (last !== undefined && current <= last) return this.#waitAfter(last, wall, monotonic);
    const late = wall - phaseMs - current;
    if (late > intervalMs * latestStart) return { waitMs: intervalMs - late };
    this.#last = current;
    this.#behindSince = undefined;
    const skipped = last === undefined || this.#isFirst ? 0 : (current - last) / intervalMs - 1;
    this.#isFirst = false;
    return { slot: current, skipped, restarted };
  }

  #acceptsPast(current: number, monotonic: number): boolean {
    if (this.#last === undefined || current >= this.#last) this.#behindSince = undefined;
    else this.#behindSince ??= monotonic;
    if (this.#behindSince === undefined) return false;
    return monotonic - this.#behindSince >= patience * this.options.intervalMs;
  }

  /** Until the slot after the last is due, or patience with the clock is over. */
  #waitAfter(last: number, wall: number, monotonic: number): Step {
    const { intervalMs, phaseMs } = this.options;
    const due = last + intervalMs + phaseMs - wall;
    if (this.#behindSince === undefined) return { waitMs: due };
    return { waitMs: Math.min(due, this.#behindSince + patience * intervalMs - monotonic) };
  }
}
