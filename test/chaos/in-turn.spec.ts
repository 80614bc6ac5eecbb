import { Untried, type Stage } from './fault-makers';
import { inTurn } from './in-turn';
import type { Outcome, Verdict } from './row';

const names = ['slow relay', 'FLUSHALL', 'fill the disk'] as const;
const befallen: string[] = [];

jest.mock('node:timers/promises', () => ({ setTimeout: () => Promise.resolve() }));
jest.mock('./faults', () => ({
  faults: {
    'slow relay': () => Promise.resolve(befallen.push('slow relay')),
    FLUSHALL: () => Promise.resolve(befallen.push('FLUSHALL')),
    'fill the disk': () => Promise.reject(new Untried('no small disk here')),
  },
}));

async function verdictOf(minutes: number, ms: number): Promise<Verdict> {
  befallen.length = 0;
  const check = await inTurn(names)({ random: () => 0, minutes } as Stage, ms);
  return check({} as Outcome);
}

describe('faults in turn', () => {
  it('are not all tried in a short run, which says so', async () => {
    expect(await verdictOf(1, 0)).toMatchObject({
      faults: { reached: 1, total: 3 },
      notes: ['befallen: slow relay', 'NOT TRIED: FLUSHALL (no time), fill the disk (no time)'],
    });
  });

  it('are all tried in a long one, whatever time that takes', async () => {
    const { faults, notes } = await verdictOf(5, 0);
    expect([faults, befallen]).toEqual([{ reached: 2, total: 3 }, ['slow relay', 'FLUSHALL']]);
    expect(notes).toContain('NOT TRIED: fill the disk (no small disk here)');
  });

  it('go on at random while there is time', async () => {
    let now = 0;
    const ticking = jest.spyOn(Date, 'now').mockImplementation(() => now++);
    await verdictOf(1, 20).finally(() => ticking.mockRestore());
    expect(befallen.length).toBeGreaterThan(3);
    expect(new Set(befallen.slice(2))).toEqual(new Set(['slow relay']));
  });

  it('end the suite where they cannot be healed', async () => {
    const broken = inTurn(['kill Redis']);
    await expect(broken({ random: () => 0, minutes: 1 } as Stage, 0)).rejects.toThrow(TypeError);
  });
});
