interface Range {
  from: number;
  to: number;
}

/** More gaps than that between slots are not kept: what lies before the newer ones counts as seen. */
const maxRanges = 1_000;

/**
 * Of which slots of a cluster anything has come, in ms since the epoch: as ranges, for most follow each other. So the first frame of a slot
 * is told from one that comes after its slot was let go of, however late either is.
 */
export class SeenSlots {
  /** Rising; between two of them lies more than an interval. */
  readonly #ranges: Range[] = [];

  /** `since`: what has come from then on, in log time, was seen. */
  constructor(private since: number) {}

  /** Whether certainly nothing has come of it, `soonestAt` being the log time, in ms, of the first that may. */
  isUnseen(slot: number, soonestAt: number): boolean {
    return soonestAt >= this.since && !this.#ranges.some(({ from, to }) => from <= slot && slot <= to);
  }

  /** Slots that are at most `intervalMs` apart have none between them. */
  add(slot: number, intervalMs: number): void {
    const ranges = this.#ranges;
    const next = 1 + ranges.findLastIndex(({ from }) => from <= slot);
    const [before, after] = [ranges[next - 1], ranges[next]];
    const follows = before !== undefined && slot <= before.to + intervalMs;
    const precedes = after !== undefined && after.from <= slot + intervalMs;
    if (follows) before.to = Math.max(before.to, slot);
    if (precedes) after.from = slot;
    if (follows && precedes) {
      before.to = after.to;
      ranges.splice(next, 1);
    }
    if (!follows && !precedes) ranges.splice(next, 0, { from: slot, to: slot });
    if (ranges.length > maxRanges) this.since = Math.max(this.since, ranges.shift()!.to + 1);
  }
}
