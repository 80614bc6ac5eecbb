import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from './faults';
import type { Passage, Window } from './oracle/judge';
import { brokenEverywhere, type Outcome, type Row, type Verdict } from './row';
import type { Kill, PartKind } from './world/part';

export interface RowResult extends Outcome, Verdict {
  readonly row: Row;
  readonly seconds: number;
  readonly kills: number;
  /** Of these, those that came between the two ends of some slot's way through what was killed. */
  readonly killsInFlight: number;
  /** Ends of processes that nobody had brought about. */
  readonly exits: number;
}

/** Grace and a little more: no slot is judged before. */
const settleMs = 4_000;
const slotMs = 1_000;

/** Runs a row, heals, waits until all has arrived or patience is over, and judges the slots of its time. */
export async function runRow(
  row: Row,
  stage: Stage,
  { seconds, patienceMs }: { readonly seconds: number; readonly patienceMs: number },
): Promise<RowResult> {
  const { world } = stage;
  const from = Math.ceil(Date.now() / slotMs + 1) * slotMs;
  const exitsBefore = exitsOf(stage);
  await sleep(from - Date.now());
  const check = await row.run(stage, seconds * 1_000);
  await world.heal();
  const window = { from, to: Math.floor(Date.now() / slotMs) * slotMs };
  const outcome = await settled(stage, window, patienceMs);
  const kills = world.kills.filter(({ at }) => at >= from);
  const { notes, broken } = await check(outcome);
  return {
    ...outcome,
    ...{ row, notes, broken: [...brokenEverywhere(outcome), ...broken] },
    seconds: (window.to - from) / 1_000,
    kills: kills.length,
    killsInFlight: kills.filter((kill) => hitsAFlight(kill, outcome.judgement.passages)).length,
    exits: exitsOf(stage) - exitsBefore,
  };
}

function exitsOf({ world }: Stage): number {
  return world.parts.reduce((sum, { exits }) => sum + exits, 0);
}

/** The outcome, looked at until nothing is missing twice in a row. */
async function settled({ observer }: Stage, window: Window, patienceMs: number): Promise<Outcome> {
  await sleep(settleMs);
  const end = Date.now() + patienceMs;
  let wasWhole = false;
  for (;;) {
    const isAtTheEnd = await observer.catchUp();
    const outcome = {
      window,
      judgement: observer.judge(window),
      accounts: observer.account(window),
      unreadable: observer.unreadable,
    };
    const isWhole = isAtTheEnd && missingIn(outcome) === 0;
    if ((isWhole && wasWhole) || Date.now() > end) return outcome;
    wasWhole = isWhole;
    await sleep(1_000);
  }
}

function missingIn({ judgement: { polls, lost, undelivered }, accounts }: Outcome): number {
  return lost.count + undelivered.count + accounts.lost.count + (polls === 0 ? 1 : 0);
}

type Moment = 'polledAt' | 'appendedAt' | 'framedAt' | 'deliveredAt';

/** Between which moments a slot is in the hands of a part. */
const hands: Readonly<Record<PartKind, readonly [Moment, Moment]>> = {
  puller: ['polledAt', 'appendedAt'],
  broker: ['polledAt', 'framedAt'],
  redis: ['appendedAt', 'framedAt'],
  processor: ['appendedAt', 'deliveredAt'],
  relay: ['framedAt', 'deliveredAt'],
};

function hitsAFlight({ kind, at, isHit = false }: Kill, passages: readonly Passage[]): boolean {
  const [begin, end] = hands[kind];
  const isBetween = (passage: Passage): boolean =>
    (passage[begin] ?? Infinity) <= at && at < (passage[end] ?? Infinity);
  return isHit || passages.some(isBetween);
}
