import type { FramePart } from '@haproxystats/messaging';

/** How many of the last slots of a node (or cluster) are remembered. */
const slotsKept = 16;

/** Highest coverage wins: lets a frame pass unless one of the same slot with a higher coverage has passed before it. */
export class CoverageFilter {
  readonly #seen = new Map<string, Map<number, number>>();

  isNews({ frame: { head } }: FramePart): boolean {
    const slots = this.#slotsOf(`${head.scope} ${head.cluster}/${head.node}`);
    const { covered } = head.coverage;
    if (covered < (slots.get(head.slot) ?? 0)) return false;
    slots.set(head.slot, covered);
    if (slots.size > slotsKept) slots.delete(Math.min(...slots.keys()));
    return true;
  }

  #slotsOf(name: string): Map<number, number> {
    let slots = this.#seen.get(name);
    if (!slots) {
      slots = new Map();
      this.#seen.set(name, slots);
    }
    return slots;
  }
}
