import type { Emission } from './emissions';
import type { Case, Draft } from './judgement';
import type { ReceivedPoint } from './received-points';

/** When the last line of the best emission came; undefined while one is not there, and for one without lines. */
export function judgeDelivery(draft: Draft, each: Case, best: Emission): number | undefined {
  const { slot, received } = each;
  const times: number[] = [];
  for (const [name, value] of best.counters) {
    const point = received.of(slot.node, name, slot.slot / 1000);
    times.push(point?.came.get(value) ?? NaN);
    if (point?.value !== value) judgeLine(draft, each, { name, value, point });
  }
  const last = Math.max(...times);
  return Number.isFinite(last) ? last : undefined;
}

interface Line {
  readonly name: string;
  readonly value: number;
  /** What the receiver has in its place. */
  readonly point: ReceivedPoint | undefined;
}

/** Overwritten by an older emission is a line that did come; one in whose place there is nothing, or another, is lost. */
function judgeLine(draft: Draft, { key, emitted }: Case, { name, value, point }: Line): void {
  const what = `${key}: ${name} should be ${value}, the receiver has ${point?.value ?? 'nothing'}`;
  if (!point) draft.undelivered.add(what);
  else if (point.came.has(value) && emitted.some(({ counters }) => counters.get(name) === point.value))
    draft.stale.add(what);
  else draft.altered.add(what);
}
