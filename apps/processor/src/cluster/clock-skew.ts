import type { FrameHead } from '@haproxystats/metrics';

/** Frames of a node of which the fastest counts: what was held up on its way says nothing about a clock. */
const framesKept = 8;
/** Of fewer nodes nobody can say how long it usually takes from a slot to the log: only what comes before its time is wrong then. */
const leastNodes = 3;

/**
 * How far the clocks of a cluster's nodes are off, as far as frames tell: from the begin of a slot, by the node's clock, to the time at which
 * the log took its frame, against what is usual in the cluster.
 */
export class ClockSkew {
  /** Per node: ms from the begin of a slot to the log, the last one at the end. */
  readonly #delays = new Map<string, number[]>();

  /** A frame that waited for processes, or was sent again, does not count. */
  saw({ node, slot, coverage, missing, late }: FrameHead, appendedAt: number): void {
    const waited = late === true || missing.some(({ reason }) => reason === 'lost');
    if (waited || coverage.expected === 0) return;
    const delays = this.#delays.get(node) ?? [];
    delays.push(appendedAt - slot);
    if (delays.length > framesKept) delays.shift();
    this.#delays.set(node, delays);
  }

  forget(node: string): void {
    this.#delays.delete(node);
  }

  /** ms by node: above 0 its clock is ahead. */
  all(): Map<string, number> {
    const fastest = [...this.#delays].map(([node, delays]) => [node, Math.min(...delays)] as const);
    const knowsUsual = fastest.length >= leastNodes;
    const usual = knowsUsual ? medianOf(fastest.map(([, delay]) => delay)) : 0;
    return new Map(
      fastest.map(([node, delay]) => {
        const ahead = usual - delay;
        return [node, knowsUsual ? ahead : Math.max(0, ahead)];
      }),
    );
  }
}

/** The middle one; of two the smaller. */
function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1]!;
}
