import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from './fault-makers';
import type { Passage, Window } from './oracle/judgement';
import { brokenEverywhere, type Outcome, type Row, type Verdict } from './row';
import type { Kill, PartKind } from './world/part';

export interface RowResult extends Outcome, Verdict {
  readonly row: Pick<Row, 'name' | 'promise'>;
  readonly seconds: number;
  readonly kills: number;
  /** Of these, those that came between the two ends of some slot's way through what was killed. */
  readonly killsInFlight: number;
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
  const [exitsBefore, nodes] = [exitsOf(stage), world.nodes.map(({ name }) => name)];
  await sleep(from - Date.now());
  const check = await row.run(stage, seconds * 1_000);
  await world.heal();
  const window = { from, to: Math.floor(Date.now() / slotMs) * slotMs };
  await settle(stage, window, patienceMs);
  const outcome = outcomeOf(stage, window, { exitsBefore, nodes });
  return resultOf(row, stage, { outcome, verdict: await check(outcome) });
}

/** The whole time of these rows again, and what lies between them; what it says beside the table is `verdict`. */
export function wholeTime(rows: readonly RowResult[], stage: Stage, verdict: Verdict): RowResult {
  const window = { from: rows[0]!.window.from, to: rows.at(-1)!.window.to };
  const outcome = outcomeOf(stage, window, { exitsBefore: 0, nodes: [] });
  const row = { name: 'all', promise: 'from the first row to the last, and between them' };
  return resultOf(row, stage, { outcome, verdict });
}

function resultOf(
  row: Pick<Row, 'name' | 'promise'>,
  { world }: Stage,
  { outcome, verdict }: { readonly outcome: Outcome; readonly verdict: Verdict },
): RowResult {
  const { window, judgement } = outcome;
  const kills = world.kills.filter(({ at }) => at >= window.from);
  return {
    ...outcome,
    ...verdict,
    ...{ row, broken: [...brokenEverywhere(outcome), ...verdict.broken] },
    seconds: (window.to - window.from) / 1_000,
    kills: kills.length,
    killsInFlight: kills.filter((kill) => hitsAFlight(kill, judgement.passages)).length,
  };
}

function exitsOf({ world }: Stage): number {
  return world.parts.reduce((sum, { exits }) => sum + exits, 0);
}

interface Before {
  readonly exitsBefore: number;
  /** That were there from the start. */
  readonly nodes: readonly string[];
}

function outcomeOf(stage: Stage, window: Window, { exitsBefore, nodes }: Before): Outcome {
  const { observer } = stage;
  const judgement = observer.judge(window);
  const polled = new Set(judgement.passages.map(({ node }) => node));
  return {
    ...{ window, judgement, accounts: observer.account(window), unreadable: observer.unreadable },
    exits: exitsOf(stage) - exitsBefore,
    silentNodes: nodes.filter((node) => !polled.has(node)),
  };
}

/** Resolves when nothing is missing twice in a row, or patience is over. */
async function settle(stage: Stage, window: Window, patienceMs: number): Promise<void> {
  await sleep(settleMs);
  const end = Date.now() + patienceMs;
  for (let wasWhole = false, isWhole = false; !(isWhole && wasWhole) && Date.now() <= end;) {
    await sleep(500);
    wasWhole = isWhole;
    isWhole = (await stage.observer.catchUp()) && missingIn(stage, window) === 0;
  }
}

function missingIn({ observer }: Stage, window: Window): number {
  const { polls, lost, undelivered, altered } = observer.judge(window);
  const { lost: answers } = observer.account(window);
  return lost.count + undelivered.count + altered.count + answers.count + (polls === 0 ? 1 : 0);
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
