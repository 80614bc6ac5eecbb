import type { Emission } from './emissions';
import { judge } from './judge';
import type { Judgement } from './judgement';
import { slotOf } from './received-points';
import type { RawSlot } from './raw-slots';

const slot = 1_700_000_001_000;
const key = `eu/lb1 ${slot}`;
const counter = 'web FRONTEND stot';

/** What each process has counted, and when it came after the first record. */
type Processes = Readonly<Record<string, { readonly value: number; readonly afterMs?: number }>>;

const two: Processes = { a: { value: 10 }, b: { value: 4 } };

function rawSlot(processes: Processes, failed: readonly string[] = []): RawSlot {
  const firstAppendedAt = slot + 100;
  const arrived = Object.entries(processes).map(
    ([name, { value, afterMs = 0 }]) =>
      [name, { appendedAt: firstAppendedAt + afterMs, counters: new Map([[counter, value]]) }] as const,
  );
  return {
    ...{
      cluster: 'eu',
      node: 'lb1',
      slot,
      intervalMs: 1_000,
      startedAt: slot + 50,
      skewMs: 0,
      firstAppendedAt,
    },
    expected: new Set([...Object.keys(processes), ...failed]),
    failed: new Map(failed.map((process) => [process, new Set([slot + 50])])),
    arrived: new Map(arrived),
  };
}

function emission(change: Partial<Emission> & { readonly value?: number } = {}): Emission {
  const { value = 14, ...rest } = change;
  const counters = new Map([[counter, value]]);
  return { key, appendedAt: slot + 300, covered: 2, expected: 2, missing: [], counters, ...rest };
}

/** Where the receiver has this value for every line, the last of several; undefined: it has none. */
function judged(
  raw: RawSlot,
  emitted: readonly Emission[],
  has: number | undefined | readonly number[],
): Judgement {
  const values = typeof has === 'number' ? [has] : (has ?? []);
  const came = new Map(values.map((each) => [each, slot + 500]));
  const value = values.at(-1);
  const point = value === undefined ? undefined : { value, came };
  return judge(
    {
      slots: [[key, raw]],
      emissions: { keys: [key], of: (asked) => (asked === key ? emitted : []) },
      received: { slots: [slotOf('lb1', slot / 1000)], of: () => point },
    },
    { from: slot, to: slot + 1_000 },
  );
}

interface Found {
  readonly raw?: RawSlot;
  readonly emitted: readonly Emission[];
  readonly value: number | undefined | readonly number[];
  readonly found: Readonly<Record<string, number>>;
}

/** What was found, by name; none of it where all is well. */
function faultsOf(judgement: Judgement): Record<string, number> {
  const names = ['lost', 'doubled', 'wrong', 'lied', 'unheard', 'undelivered', 'altered', 'stale'] as const;
  const found = names.map((name) => [name, judgement[name].count] as const).filter(([, count]) => count > 0);
  return Object.fromEntries(found);
}

describe('the judge', () => {
  it('finds nothing where all is well, and measures the way', () => {
    const judgement = judged(rawSlot(two), [emission()], 14);
    expect(faultsOf(judgement)).toEqual({});
    expect(judgement).toMatchObject({
      polls: 1,
      complete: 1,
      partial: 0,
      emissions: 1,
      duplicates: 0,
      late: 0,
    });
    expect(judgement.passages).toEqual([
      {
        ...{ node: 'lb1', slot, polledAt: slot + 50, appendedAt: slot + 100 },
        ...{ skewMs: 0, framedAt: slot + 300, deliveredAt: slot + 500 },
      },
    ]);
  });

  it('finds frames and lines of a slot that nobody has polled', () => {
    const judgement = judge(
      {
        slots: [],
        emissions: { keys: [key, `eu/lb1 ${slot + 9_000}`], of: () => [] },
        received: {
          slots: [slotOf('lb1', slot / 1000), slotOf('lb1', slot / 1000 + 9)],
          of: () => undefined,
        },
      },
      { from: slot, to: slot + 1_000 },
    );
    expect(faultsOf(judgement)).toEqual({ unheard: 2 });
  });

  it('knows the time of a slot whose node had another clock', () => {
    const skewMs = 3_600_000;
    const raw = { ...rawSlot(two), slot: slot + skewMs, startedAt: slot + skewMs + 50, skewMs };
    const { polls, passages } = judged(raw, [emission()], 14);
    expect([polls, passages[0]?.polledAt]).toEqual([1, slot + 50]);
  });

  it('judges only the slots of its time', () => {
    const empty = judge(
      {
        slots: [[key, rawSlot(two)]],
        emissions: { keys: [key], of: () => [] },
        received: { slots: [], of: () => undefined },
      },
      { from: slot + 1_000, to: slot + 9_000 },
    );
    expect([empty.polls, faultsOf(empty)]).toEqual([0, {}]);
  });

  const cases: Readonly<Record<string, Found>> = {
    'no frame at all': { emitted: [], value: undefined, found: { lost: 2 } },
    'no frame of a node where nobody answered': {
      ...{ raw: rawSlot({}, ['a']), emitted: [], value: undefined },
      found: { lost: 1 },
    },
    'a process that no frame covers': {
      ...{ emitted: [emission({ covered: 1, missing: ['b'], value: 10 })], value: 10 },
      found: { lost: 1 },
    },
    'a process counted twice': { emitted: [emission({ value: 24 })], value: 24, found: { doubled: 1 } },
    'more covered than have sent': {
      ...{ emitted: [emission({ covered: 3, expected: 3 })], value: 14 },
      found: { doubled: 1 },
    },
    'another sum': { emitted: [emission({ value: 15 })], value: 15, found: { wrong: 1 } },
    'a counter that no process has': {
      emitted: [emission({ counters: new Map([...emission().counters, ['x BACKEND stot', 14]]) })],
      ...{ value: 14, found: { wrong: 1 } },
    },
    'complete without one that the manifest names': {
      ...{ raw: rawSlot(two, ['c']), emitted: [emission()], value: 14 },
      found: { lied: 1 },
    },
    'no line': { emitted: [emission()], value: undefined, found: { undelivered: 1 } },
    'a line with another value': { emitted: [emission()], value: 13, found: { altered: 1 } },
    'the line of a lower coverage behind that of the higher': {
      raw: rawSlot({ a: { value: 10 }, b: { value: 4, afterMs: 2_000 } }),
      emitted: [emission({ covered: 1, missing: ['b'], value: 10 }), emission()],
      ...{ value: [14, 10], found: { stale: 1 } },
    },
    'the line of a lower coverage, where that of the higher never came': {
      raw: rawSlot({ a: { value: 10 }, b: { value: 4, afterMs: 2_000 } }),
      emitted: [emission({ covered: 1, missing: ['b'], value: 10 }), emission()],
      ...{ value: 10, found: { altered: 1 } },
    },
    'a line that was overwritten by what no frame says': {
      emitted: [emission()],
      ...{ value: [14, 13], found: { altered: 1 } },
    },
  };

  it.each(Object.entries(cases))('finds %s', (_, { raw = rawSlot(two), emitted, value, found }) => {
    expect(faultsOf(judged(raw, emitted, value))).toEqual(found);
  });

  it('counts what comes late, what is partial, and what is said again', () => {
    const late = rawSlot({ a: { value: 10 }, b: { value: 4, afterMs: 1_600 } });
    const partial = emission({ covered: 1, missing: ['b'], value: 10 });
    expect(judged(late, [partial], 10)).toMatchObject({ late: 1, partial: 1, complete: 0 });
    const updated = judged(late, [partial, emission(), emission()], 14);
    expect(updated).toMatchObject({ late: 1, complete: 1, emissions: 3, duplicates: 1 });
    expect(faultsOf(updated)).toEqual({});
  });

  it('counts failed processes as known to be missing', () => {
    const judgement = judged(rawSlot(two, ['c']), [emission({ expected: 3, missing: ['c'] })], 14);
    expect(faultsOf(judgement)).toEqual({});
    expect(judgement.partial).toBe(1);
  });
});
