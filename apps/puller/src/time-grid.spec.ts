import fc from 'fast-check';
import { phaseOf, TimeGrid, type Step } from './time-grid';

const start = 1_700_000_000_000;
const intervalMs = 10_000;
const options = { intervalMs, phaseMs: 1500 };

/** Asks as the loop does: waits as told until a slot is due. */
class Loop {
  monotonic = 0;
  constructor(
    readonly grid: TimeGrid,
    public wall: number,
  ) {}

  pass(ms: number): void {
    this.wall += ms;
    this.monotonic += ms;
  }

  next(): Exclude<Step, { waitMs: number }> {
    for (;;) {
      const step = this.grid.step(this.wall, this.monotonic);
      if ('slot' in step) return step;
      expect(step.waitMs).toBeGreaterThan(0);
      this.pass(step.waitMs);
    }
  }
}

describe('TimeGrid', () => {
  it('begins with the next slot and keeps to the grid, a phase behind it', () => {
    const loop = new Loop(new TimeGrid(options), start + 4321);
    expect(loop.next()).toEqual({ slot: start + 10_000, skipped: 0, restarted: false });
    expect(loop.wall).toBe(start + 11_500);
    loop.pass(700);
    expect(loop.next().slot).toBe(start + 20_000);
    expect(loop.wall).toBe(start + 21_500);
  });

  it('gives a slot once, even when asked again at once or a timer fires early', () => {
    const loop = new Loop(new TimeGrid(options), start + 1500);
    expect(loop.next().slot).toBe(start);
    expect(loop.grid.step(start + 1500, 0)).toEqual({ waitMs: 10_000 });
    expect(loop.grid.step(start + 11_499, 9999)).toEqual({ waitMs: 1 });
  });

  it('skips the slots of an overrun and counts them', () => {
    const loop = new Loop(new TimeGrid(options), start + 1500);
    loop.next();
    loop.pass(25_000);
    expect(loop.next()).toEqual({ slot: start + 30_000, skipped: 2, restarted: false });
  });

  it('still polls when a little late', () => {
    const loop = new Loop(new TimeGrid(options), start + 1500);
    loop.next();
    loop.pass(11_900);
    expect(loop.next()).toEqual({ slot: start + 10_000, skipped: 0, restarted: false });
  });

  it('waits for a clock that went back, and goes on when it returns', () => {
    const loop = new Loop(new TimeGrid(options), start + 1500);
    loop.next();
    loop.wall -= 3_600_000;
    expect(loop.grid.step(loop.wall, loop.monotonic)).toEqual({ waitMs: 30_000 });
    loop.pass(10_000);
    loop.wall += 3_600_000;
    expect(loop.next()).toEqual({ slot: start + 10_000, skipped: 0, restarted: false });
  });

  it('accepts a clock that stays back after 3 intervals, and says so', () => {
    const loop = new Loop(new TimeGrid(options), start + 1500);
    loop.next();
    loop.wall -= 3_600_000;
    expect(loop.next()).toEqual({ slot: start - 3_600_000 + 30_000, skipped: 0, restarted: true });
    expect(loop.monotonic).toBe(30_000);
    expect(loop.next().restarted).toBe(false);
  });

  it('goes on behind the last slot of an earlier run, which is not counted as skipped', () => {
    const resumed = (last: number): Loop => new Loop(new TimeGrid({ ...options, last }), start + 1500);
    expect(resumed(start - 3_600_000).next()).toEqual({ slot: start, skipped: 0, restarted: false });
    const again = resumed(start);
    expect(again.next()).toEqual({ slot: start + 10_000, skipped: 0, restarted: false });
    again.pass(25_000);
    expect(again.next().skipped).toBe(2);
    const ahead = resumed(start + 3_600_000);
    expect(ahead.next()).toEqual({ slot: start + 30_000, skipped: 0, restarted: true });
    expect(ahead.monotonic).toBe(30_000);
  });

  it('lets a small step back pass without a new source', () => {
    const loop = new Loop(new TimeGrid(options), start + 1500);
    loop.next();
    loop.wall -= 300;
    expect(loop.next()).toEqual({ slot: start + 10_000, skipped: 0, restarted: false });
  });

  it('never repeats a slot or goes back without a restart, whatever the clock does', () => {
    const jumps = fc.array(
      fc.record({ pass: fc.nat(40_000), jump: fc.integer({ min: -50_000, max: 50_000 }) }),
    );
    fc.assert(
      fc.property(jumps, (turns) => {
        const loop = new Loop(new TimeGrid(options), start);
        let last = 0;
        for (const { pass, jump } of turns) {
          const before = loop.monotonic;
          const { slot, skipped, restarted } = loop.next();
          expect(slot % intervalMs).toBe(0);
          expect(restarted || slot > last).toBe(true);
          expect(skipped).toBeGreaterThanOrEqual(0);
          expect(loop.monotonic - before).toBeLessThanOrEqual(5 * intervalMs);
          last = slot;
          loop.pass(pass);
          loop.wall += jump;
        }
      }),
    );
  });
});

describe('phaseOf', () => {
  it('is stable, differs between nodes and stays below min(2 s, interval / 5)', () => {
    const names = Array.from({ length: 500 }, (_, i) => `lb${i}`);
    const phases = names.map((name) => phaseOf('c', name, 10_000));
    expect(phases).toEqual(names.map((name) => phaseOf('c', name, 10_000)));
    expect(new Set(phases).size).toBeGreaterThan(400);
    expect(Math.max(...phases)).toBeLessThan(2000);
    expect(Math.max(...names.map((name) => phaseOf('c', name, 1000)))).toBeLessThan(200);
    expect(phaseOf('c', 'lb1', 2)).toBe(0);
  });
});
