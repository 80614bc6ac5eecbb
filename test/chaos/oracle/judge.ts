import type { Emission } from './emissions';
import { Findings } from './findings';
import { judgeDelivery } from './judge-delivery';
import { judgeEmission } from './judge-emission';
import type { Case, Draft, Evidence, Judgement, Window } from './judgement';
import type { RawSlot } from './raw-slots';
import { slotOf } from './received-points';

const graceIntervals = 1.5;

/** Judges the slots of a window by what was found in the topics and at the receiver. Pure. */
export function judge({ slots, emissions, received }: Evidence, window: Window): Judgement {
  const draft: Draft = {
    ...{ polls: 0, complete: 0, partial: 0, emissions: 0, duplicates: 0, late: 0 },
    ...{ lost: new Findings(), doubled: new Findings(), wrong: new Findings(), lied: new Findings() },
    ...{
      unheard: new Findings(),
      undelivered: new Findings(),
      altered: new Findings(),
      stale: new Findings(),
    },
    passages: [],
  };
  const polled = new Map(slots);
  for (const [key, slot] of polled) {
    if (!isWithin(window, slot.slot - slot.skewMs)) continue;
    draft.polls++;
    judgeSlot(draft, { key, slot, emitted: emissions.of(key), received });
  }
  judgeUnheard(draft, { slots: polled, emissions, received }, window);
  return draft;
}

function isWithin({ from, to }: Window, time: number): boolean {
  return time >= from && time < to;
}

function judgeSlot(draft: Draft, each: Case): void {
  const { slot, emitted } = each;
  const best = bestOf(emitted);
  judgeLoss(draft, each, best);
  countEmissions(draft, emitted);
  for (const emission of emitted) judgeEmission(draft, each, emission);
  if (best?.covered === slot.expected.size) draft.complete++;
  else if (best) draft.partial++;
  draft.passages.push({
    ...{ node: slot.node, slot: slot.slot, skewMs: slot.skewMs },
    polledAt: slot.startedAt - slot.skewMs,
    appendedAt: slot.firstAppendedAt,
    framedAt: emitted[0]?.appendedAt,
    deliveredAt: best && judgeDelivery(draft, each, best),
  });
}

/** The highest coverage; of several the last. */
export function bestOf(emitted: readonly Emission[]): Emission | undefined {
  return emitted.reduce<Emission | undefined>(
    (best, emission) => (best && best.covered > emission.covered ? best : emission),
    undefined,
  );
}

function judgeLoss(draft: Draft, { key, slot }: Case, best: Emission | undefined): void {
  const graceOver = slot.firstAppendedAt + graceIntervals * slot.intervalMs;
  for (const [process, { appendedAt }] of slot.arrived) {
    if (appendedAt > graceOver) draft.late++;
    else if (!best || best.missing.includes(process))
      draft.lost.add(`${key}: ${process} ${best ? 'is not covered' : 'has no frame'}`);
  }
  if (!best && slot.arrived.size === 0) draft.lost.add(`${key}: no frame says that nobody answered`);
}

function countEmissions(draft: Draft, emitted: readonly Emission[]): void {
  let highest = -1;
  for (const { covered } of emitted) {
    draft.emissions++;
    if (covered <= highest) draft.duplicates++;
    highest = Math.max(highest, covered);
  }
}

type Whole = Evidence & { readonly slots: ReadonlyMap<string, RawSlot> };

/** What is said of slots that are not in the raw topic. */
function judgeUnheard(draft: Draft, { slots, emissions, received }: Whole, window: Window): void {
  const said = [...emissions.keys].filter((key) => !slots.has(key));
  for (const key of said)
    if (isWithin(window, Number(key.split(' ')[1]))) draft.unheard.add(`${key}: a frame`);
  const known = new Set([...slots.values()].map(({ node, slot }) => slotOf(node, slot / 1000)));
  for (const slot of received.slots)
    if (!known.has(slot) && isWithin(window, 1000 * Number(slot.split(' ')[1])))
      draft.unheard.add(`${slot}: lines`);
}
