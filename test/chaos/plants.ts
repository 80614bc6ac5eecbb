import type { Emission } from './oracle/emissions';
import type { Evidence } from './oracle/judgement';
import type { Counters, RawSlot } from './oracle/raw-slots';

interface PlantedFault {
  /** Whether the relay acknowledges some connections and stores nothing of them. */
  readonly forgetfulRelay?: true;
  /** Whether the oracle misses the raw records of this slot, ms. */
  readonly hides?: (slot: number) => boolean;
  /** What the oracle sees in place of what is there. */
  readonly falsify?: (evidence: Evidence) => Evidence;
}

/** Each plant has slots of its own, so that several can be planted at once. */
const plots = 7;
const lateMs = 10_000;

function plot(number: number): (slot: number) => boolean {
  return (slot) => Math.floor(slot / 1_000) % plots === number;
}

/** THE PLANTED FAULTS, by which the suite shows that it would see one of ours. */
export const plants = {
  'forgetful-relay': { forgetfulRelay: true },
  'lost-answer': { hides: plot(0) },
  'lost-frame': emitting(plot(1), () => []),
  'lost-line': { falsify: loseALine(plot(2)) },
  doubled: emitting(plot(3), (emitted, slot) => emitted.map((each) => added(each, aProcessOf(slot)))),
  wrong: emitting(plot(4), (emitted) => emitted.map((each) => added(each, oneMore(each)))),
  duplicate: emitting(plot(5), (emitted) => [...emitted, ...emitted]),
  late: { falsify: delayAProcess(plot(6)) },
} as const satisfies Record<string, PlantedFault>;

export type Plant = keyof typeof plants;

export function isForgetful(planted: readonly Plant[]): boolean {
  return planted.includes('forgetful-relay');
}

export function isHidden(planted: readonly Plant[], slot: number): boolean {
  return planted.some((name) => faultOf(name).hides?.(slot));
}

/** What the oracle sees. */
export function falsified(planted: readonly Plant[], evidence: Evidence): Evidence {
  return planted.reduce((seen, name) => faultOf(name).falsify?.(seen) ?? seen, evidence);
}

function faultOf(name: Plant): PlantedFault {
  return plants[name];
}

type Falsify = (emitted: readonly Emission[], slot: RawSlot) => readonly Emission[];

function emitting(isPlot: (slot: number) => boolean, change: Falsify): PlantedFault {
  const falsify = (evidence: Evidence): Evidence => {
    const slots = new Map(evidence.slots);
    const of = (key: string) => {
      const [emitted, slot] = [evidence.emissions.of(key), slots.get(key)];
      return slot && isPlot(slot.slot) ? change(emitted, slot) : emitted;
    };
    return { ...evidence, emissions: { keys: evidence.emissions.keys, of } };
  };
  return { falsify };
}

function loseALine(isPlot: (slot: number) => boolean) {
  return (evidence: Evidence): Evidence => {
    const { slots, of } = seenOf(evidence);
    const seen: typeof of = (node, counter, second) =>
      counter.endsWith(' stot') && isPlot(second * 1_000) ? undefined : of(node, counter, second);
    return { ...evidence, received: { slots, of: seen } };
  };
}

function seenOf({ received }: Evidence): Evidence['received'] {
  return { slots: received.slots, of: (...line) => received.of(...line) };
}

function delayAProcess(isPlot: (slot: number) => boolean) {
  return (evidence: Evidence): Evidence => ({
    ...evidence,
    slots: [...evidence.slots].map(([key, slot]) => [key, isPlot(slot.slot) ? delayed(slot) : slot]),
  });
}

function delayed(slot: RawSlot): RawSlot {
  const [first, ...others] = [...slot.arrived];
  if (!first) return slot;
  const [name, process] = first;
  const late = { ...process, appendedAt: process.appendedAt + lateMs };
  return { ...slot, arrived: new Map([[name, late], ...others]) };
}

function added(emission: Emission, more: Counters): Emission {
  const sums = [...emission.counters].map(([name, value]) => [name, value + (more.get(name) ?? 0)] as const);
  return { ...emission, counters: new Map(sums) };
}

function aProcessOf({ arrived }: RawSlot): Counters {
  return [...arrived.values()][0]?.counters ?? new Map<string, number>();
}

function oneMore({ counters }: Emission): Counters {
  return new Map([...counters.keys()].slice(0, 1).map((name) => [name, 1]));
}
