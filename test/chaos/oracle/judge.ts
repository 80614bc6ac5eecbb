import type { Emission, Emissions } from './emissions';
import { Findings } from './findings';
import type { ArrivedProcess, Counters, RawSlot } from './raw-slots';
import type { ReceivedPoints } from './received-points';

/** What there is to judge by: never a word of the programs about themselves. */
export interface Evidence {
  readonly slots: Iterable<readonly [key: string, slot: RawSlot]>;
  readonly emissions: Pick<Emissions, 'of'>;
  readonly received: Pick<ReceivedPoints, 'of'>;
}

/** Slots from `from` up to, not including, `to`; ms. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** The way of one slot, each in ms since the epoch; undefined where it has not come. */
export interface Passage {
  readonly node: string;
  readonly slot: number;
  readonly polledAt: number;
  readonly appendedAt: number;
  readonly framedAt: number | undefined;
  readonly deliveredAt: number | undefined;
}

export interface Judgement {
  readonly polls: number;
  /** Snapshots whose best emission covers all its processes, and the others that were emitted. */
  readonly complete: number;
  readonly partial: number;
  readonly emissions: number;
  /** Emissions that say nothing new: the coverage is not higher than before. */
  readonly duplicates: number;
  /** Processes that came when grace was over. */
  readonly late: number;
  /** Processes that came within grace and are in no emission. */
  readonly lost: Findings;
  /** Sums that count a process twice, and sums that are otherwise not those of the processes. */
  readonly doubled: Findings;
  readonly wrong: Findings;
  /** Emissions said to be complete that are not. */
  readonly lied: Findings;
  /** Lines of the best emission that the receiver does not have, or has with another value. */
  readonly undelivered: Findings;
  /** Lines of an older emission that came behind those of a better one. */
  readonly stale: Findings;
  readonly passages: readonly Passage[];
}

const graceIntervals = 1.5;

type Draft = { -readonly [K in keyof Judgement]: Judgement[K] } & { passages: Passage[] };

export function judge({ slots, emissions, received }: Evidence, { from, to }: Window): Judgement {
  const draft: Draft = {
    ...{ polls: 0, complete: 0, partial: 0, emissions: 0, duplicates: 0, late: 0 },
    ...{ lost: new Findings(), doubled: new Findings(), wrong: new Findings() },
    ...{ lied: new Findings(), undelivered: new Findings(), stale: new Findings() },
    passages: [],
  };
  for (const [key, slot] of slots) {
    if (slot.slot < from || slot.slot >= to) continue;
    draft.polls++;
    judgeSlot(draft, { key, slot, emitted: emissions.of(key), received });
  }
  return draft;
}

interface Case {
  readonly key: string;
  readonly slot: RawSlot;
  readonly emitted: readonly Emission[];
  readonly received: Pick<ReceivedPoints, 'of'>;
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
    node: slot.node,
    slot: slot.slot,
    polledAt: slot.startedAt,
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

function judgeEmission(draft: Draft, { key, slot }: Case, emission: Emission): void {
  const members = [...slot.arrived].filter(([process]) => !emission.missing.includes(process));
  const what = `${key}: ${emission.covered} of ${emission.expected}`;
  if (emission.covered === emission.expected && emission.covered < slot.expected.size)
    draft.lied.add(`${what} is said to be complete, the manifest names ${slot.expected.size}`);
  const sums = sumOf(members.map(([, process]) => process));
  const difference = firstDifference(emission.counters, sums);
  if (emission.covered > members.length)
    draft.doubled.add(`${what}, but only ${members.length} have sent anything`);
  else if (difference && countsTwice(emission.counters, sums, members))
    draft.doubled.add(`${what}: ${difference}`);
  else if (difference || emission.covered !== members.length)
    draft.wrong.add(`${what}: ${difference ?? `${members.length} have sent something`}`);
}

function sumOf(processes: readonly ArrivedProcess[]): Counters {
  const sums = new Map<string, number>();
  for (const { counters } of processes)
    for (const [name, value] of counters) sums.set(name, (sums.get(name) ?? 0) + value);
  return sums;
}

function countsTwice(
  said: Counters,
  sums: Counters,
  members: readonly (readonly [string, ArrivedProcess])[],
): boolean {
  return members.some(([, { counters }]) =>
    [...said].every(([name, value]) => value === (sums.get(name) ?? 0) + (counters.get(name) ?? 0)),
  );
}

function firstDifference(said: Counters, sums: Counters): string | undefined {
  for (const [name, sum] of sums) {
    const value = said.get(name);
    if (value !== sum) return `${name} is ${value ?? 'absent'}, the processes say ${sum}`;
  }
  const more = [...said.keys()].find((name) => !sums.has(name));
  return more && `${more} is of no process`;
}

/** When the last line of the best emission came; undefined while one is not there, and for one without lines. */
function judgeDelivery(draft: Draft, each: Case, best: Emission): number | undefined {
  const { slot, received } = each;
  const times: number[] = [];
  for (const [name, value] of best.counters) {
    const point = received.of(slot.node, name, slot.slot / 1000);
    times.push(point?.firstAt ?? NaN);
    if (point?.value !== value) judgeLine(draft, each, { name, value, has: point?.value });
  }
  const last = Math.max(...times);
  return Number.isFinite(last) ? last : undefined;
}

interface Line {
  readonly name: string;
  readonly value: number;
  /** What the receiver has in its place. */
  readonly has: number | undefined;
}

function judgeLine(draft: Draft, { key, emitted }: Case, { name, value, has }: Line): void {
  const isOlder = has !== undefined && emitted.some(({ counters }) => counters.get(name) === has);
  const found = isOlder ? draft.stale : draft.undelivered;
  found.add(`${key}: ${name} should be ${value}, the receiver has ${has ?? 'nothing'}`);
}
