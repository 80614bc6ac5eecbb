import fc from 'fast-check';
import { MemoryCoordinator } from '../../apps/processor/src/coordinator/memory.coordinator';
import {
  ClusterBench,
  emissionOf,
  firstSlot,
  FrameLog,
  interval,
  nodeFrame,
  type Emission,
} from '../support/cluster-bench';
import { FakeClock } from '../support/fake-clock';
import { FakeSession } from '../support/fake-session';

/*
 * A cluster of some nodes, whose frames come in any order, late, again, or with more processes than before; and owners of the partition that
 * take it over from each other at any record. Whatever happens, the highest coverage of each slot must say what the log holds of it.
 */

const processes = 4;
const slots = 6;

interface Delivery {
  readonly node: number;
  readonly slot: number;
  readonly covered: number;
  readonly delayMs: number;
}

interface World {
  readonly deliveries: readonly Delivery[];
  /** After how many records the partition is taken over. */
  readonly takeovers: readonly number[];
  /** Whether the ledger forgets everything then. */
  readonly forgets: boolean;
}

const delay = fc.oneof(
  { arbitrary: fc.integer({ min: 0, max: 3_000 }), weight: 6 },
  fc.integer({ min: 3_000, max: 75_000 }),
);
const delivery = fc.record({
  node: fc.integer({ min: 1, max: 4 }),
  slot: fc.nat(slots - 1),
  covered: fc.integer({ min: 0, max: processes }),
  delayMs: delay,
});
/** The first node reports in time, but it leaves out slots: these begin when another reports. */
const steady = fc
  .array(fc.option(fc.integer({ min: 1, max: processes })), { minLength: slots, maxLength: slots })
  .map((all) =>
    all.flatMap((covered, slot) => (covered === null ? [] : { node: 0, slot, covered, delayMs: 100 })),
  );
const world: fc.Arbitrary<World> = fc.record({
  deliveries: fc
    .tuple(steady, fc.array(delivery, { maxLength: 40 }))
    .map(([some, others]) => [...some, ...others]),
  takeovers: fc.array(fc.nat(46), { maxLength: 4 }).map((all) => all.toSorted((a, b) => a - b)),
  forgets: fc.boolean(),
});

const dueAt = ({ slot, delayMs }: Delivery): number => firstSlot + slot * interval + delayMs;

function logOf({ deliveries }: World): FrameLog {
  const log = new FrameLog();
  for (const each of deliveries.toSorted((a, b) => dueAt(a) - dueAt(b))) {
    const { node, slot, covered } = each;
    const coverage = { covered, expected: processes };
    const stot = covered * 10 ** node;
    log.append(nodeFrame(`n${node}`, { slot: firstSlot + slot * interval, coverage, stot }), dueAt(each));
  }
  return log;
}

/** Whether whoever takes the partition over knows what of it had come: what begins later looks as if it had begun before. */
function isCertain({ deliveries, takeovers }: World, slot: number): boolean {
  const ofIt = deliveries.filter((each) => each.slot === slot);
  return takeovers.length === 0 || Math.min(...ofIt.map(({ delayMs }) => delayMs)) < 60_000;
}

/** What the log holds of a slot: of each node the most that came within so many ms of the first. */
function heldOf({ deliveries }: World, slot: number, withinMs: number): number {
  const ofIt = deliveries.filter((each) => each.slot === slot);
  const first = Math.min(...ofIt.map(dueAt));
  const best = new Map<number, number>();
  for (const each of ofIt.filter((one) => dueAt(one) - first < withinMs))
    best.set(each.node, Math.max(each.covered, best.get(each.node) ?? 0));
  return [...best].reduce((sum, [node, covered]) => sum + covered * 10 ** node, 0);
}

function digitsOf(stot: number): number {
  return Array.from(String(stot)).reduce((sum, digit) => sum + Number(digit), 0);
}

async function ticks(bench: ClusterBench, session: FakeSession, until: number): Promise<void> {
  for (; session.time < until; session.time = Math.min(until, session.time + 2_000))
    await bench.role.tick(session);
  await bench.role.tick(session);
}

/** All that comes to be written, by all owners, in order. */
async function play(log: FrameLog, { takeovers, forgets }: World): Promise<Emission[]> {
  let ledger = new MemoryCoordinator(new FakeClock());
  let position = { watermark: 0, base: 0 };
  const emissions: Emission[] = [];
  for (const upTo of [...takeovers.filter((at) => at < log.records.length), log.records.length]) {
    const bench = new ClusterBench(ledger);
    const session = new FakeSession(firstSlot);
    const next = log.records[upTo]?.appendedAt ?? Infinity;
    for (let offset = position.base; offset < upTo; offset++) {
      const entry = log.entry(offset, position.watermark);
      if (!entry.priming) await ticks(bench, session, entry.appendedAt);
      session.time = Math.max(session.time, entry.appendedAt);
      await bench.role.record(entry, session);
    }
    if (upTo > position.base) await ticks(bench, session, Math.min(next, session.time + 90_000));
    emissions.push(...bench.frames.map(emissionOf));
    position = session.commits.at(-1) ?? position;
    if (forgets) ledger = new MemoryCoordinator(new FakeClock());
  }
  expect(position.watermark).toBe(log.records.length);
  return emissions;
}

describe('the cluster role, whoever reads', () => {
  it('comes to all that the log holds of a slot, says how much it is, and never says less after more', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (each) => {
        const emissions = await play(logOf(each), each);
        const highest = new Map<number, number>();
        for (const { slot, covered, stot = 0 } of emissions) {
          const count = Number(covered.split('/')[0]);
          expect(digitsOf(stot)).toBe(count);
          const before = digitsOf(highest.get(slot) ?? 0);
          if (!each.forgets) expect(count).toBeGreaterThanOrEqual(before);
          if (count >= before) highest.set(slot, stot);
        }
        for (let slot = 0; slot < slots; slot++) {
          const best = digitsOf(highest.get(slot) ?? 0);
          // What was complete, as far as anybody knew, stays open for grace; the rest for a minute, and until what is held back is sent.
          if (isCertain(each, slot))
            expect(best).toBeGreaterThanOrEqual(digitsOf(heldOf(each, slot, 1.5 * interval)));
          expect(best).toBeLessThanOrEqual(digitsOf(heldOf(each, slot, 60_000 + 5_000)));
        }
      }),
      { numRuns: 400 },
    );
  }, 120_000);

  it('says the same of a slot whether or not the partition was taken over', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (each) => {
        const log = logOf(each);
        const last = (emissions: readonly Emission[]) =>
          Object.fromEntries(
            emissions
              .filter(({ slot }) => isCertain(each, slot))
              .map(({ slot, covered, stot }) => [slot, { covered: covered.split('/')[0], stot }]),
          );
        const straight = last(await play(log, { ...each, takeovers: [] }));
        expect(last(await play(log, { ...each, forgets: false }))).toEqual(straight);
      }),
      { numRuns: 200 },
    );
  }, 120_000);
});
