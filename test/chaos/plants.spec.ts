import type { Emission } from './oracle/emissions';
import { judge } from './oracle/judge';
import type { Judgement } from './oracle/judgement';
import type { RawSlot } from './oracle/raw-slots';
import { slotOf } from './oracle/received-points';
import { falsified, isForgetful, isHidden, type Plant } from './plants';

const begin = 1_700_000_000_000;
const seconds = Array.from({ length: 14 }, (_, i) => begin / 1_000 + i);
const counter = 'web FRONTEND stot';
const keyOf = (second: number) => `eu/lb1 ${second * 1_000}`;

function rawSlot(second: number): RawSlot {
  const appendedAt = second * 1_000 + 100;
  const process = (value: number) => ({ appendedAt, counters: new Map([[counter, value]]) });
  return {
    ...{ cluster: 'eu', node: 'lb1', slot: second * 1_000, intervalMs: 1_000 },
    ...{ startedAt: appendedAt - 50, skewMs: 0, firstAppendedAt: appendedAt },
    ...{ expected: new Set(['a', 'b']), failed: new Map() },
    arrived: new Map([
      ['a', process(10)],
      ['b', process(4)],
    ]),
  };
}

/** Of slots where all is well, seen with a fault planted. */
function judged(plant: Plant): Judgement {
  const slots = new Map(seconds.map((second) => [keyOf(second), rawSlot(second)]));
  const emission = (key: string): Emission => ({
    ...{ key, appendedAt: begin, covered: 2, expected: 2, missing: [], counters: new Map([[counter, 14]]) },
  });
  const point = { value: 14, came: new Map([[14, begin]]) };
  const emissions = { keys: slots.keys(), of: (key: string) => (slots.has(key) ? [emission(key)] : []) };
  const received = { slots: seconds.map((second) => slotOf('lb1', second)), of: () => point };
  const evidence = falsified([plant], { slots, emissions, received });
  return judge(evidence, { from: begin, to: begin + 1_000 * seconds.length });
}

describe('a planted fault', () => {
  it.each<[Plant, (judgement: Judgement) => number, number]>([
    ['lost-frame', ({ lost }) => lost.count, 4],
    ['lost-line', ({ undelivered }) => undelivered.count, 2],
    ['doubled', ({ doubled }) => doubled.count, 2],
    ['wrong', ({ wrong }) => wrong.count, 2],
    ['duplicate', ({ duplicates }) => duplicates, 2],
    ['late', ({ late }) => late, 2],
  ])('is found: %s', (plant, of, count) => {
    expect(of(judged(plant))).toBe(count);
    for (const other of ['forgetful-relay', 'lost-answer'] as const) expect(of(judged(other))).toBe(0);
  });

  it('hides records or makes the relay forget', () => {
    expect(seconds.filter((second) => isHidden(['lost-answer'], second * 1_000))).toHaveLength(2);
    expect(seconds.some((second) => isHidden(['late'], second * 1_000))).toBe(false);
    expect([isForgetful(['late', 'forgetful-relay']), isForgetful(['late'])]).toEqual([true, false]);
  });
});
