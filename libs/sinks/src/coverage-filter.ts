import { shardSuffix, type FrameHead } from '@haproxystats/metrics';
import type { FramePart } from '@haproxystats/messaging';

/** How many of the last slots of a node (or cluster) are remembered. */
const slotsKept = 16;
/** Names come from the log: beyond this many, the one that was silent longest is forgotten. */
const namesKept = 100_000;

/** What a slot of a node (or cluster), or of one of its shards, is told apart by. */
export function slotName(head: FrameHead): string {
  return `${entityName(head)} ${head.slot}`;
}

function entityName(head: FrameHead): string {
  const { scope, cluster, node } = head;
  return `${scope} ${cluster}/${node}${shardSuffix(head)}`;
}

/** Highest coverage wins: lets a frame pass unless one of the same slot with a higher coverage has passed before it. */
export class CoverageFilter {
  /** The latest name last. */
  readonly #seen = new Map<string, Map<number, number>>();

  constructor(private readonly names = namesKept) {}

  isNews({ frame: { head } }: FramePart): boolean {
    const slots = this.#slotsOf(entityName(head));
    const { covered } = head.coverage;
    if (covered < (slots.get(head.slot) ?? 0)) return false;
    slots.set(head.slot, covered);
    if (slots.size > slotsKept) slots.delete(Math.min(...slots.keys()));
    return true;
  }

  #slotsOf(name: string): Map<number, number> {
    const slots = this.#seen.get(name) ?? new Map<number, number>();
    this.#seen.delete(name);
    this.#seen.set(name, slots);
    if (this.#seen.size > this.names) this.#forgetOldest();
    return slots;
  }

  #forgetOldest(): void {
    const [oldest] = this.#seen.keys();
    if (oldest !== undefined) this.#seen.delete(oldest);
  }
}
