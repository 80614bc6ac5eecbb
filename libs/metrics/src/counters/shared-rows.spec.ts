import fc from 'fast-check';
import { PolledNode, type Said } from '../../../../test/support/polled-node';

const guid = 'web';
const old = (slot: number, stot: number): Said => ({
  process: '/run/m@!7',
  pid: 7,
  uptime: 100 + 10 * slot,
  rows: { a: [stot, 0] },
  guid,
  isStopping: true,
});
const fresh = (slot: number, stot: number): Said => ({
  process: '/run/s',
  pid: 8,
  uptime: 10 * (slot - 2) + 4,
  rows: { a: [stot, 0] },
  guid,
});

/** A worker of which a reload makes an old one at the slot `stops`. */
function worker(pid: number, { starts, stops }: { starts: number; stops: number }) {
  return (slot: number, stot: number): Said => {
    const isStopping = slot >= stops;
    const process = isStopping ? `/run/m@!${pid}` : '/run/s';
    return { process, pid, uptime: 10 * (slot - starts) + 4, rows: { a: [stot, 0] }, guid, isStopping };
  };
}

describe('rows that workers count in the same memory', () => {
  it('count once', () => {
    const node = new PolledNode();
    node.poll(1, { ...old(1, 1_000), isStopping: false });
    const told = [2, 3, 4].map((slot) => {
      const stot = 1_000 + 50 * (slot - 1);
      const row = node.poll(slot, old(slot, stot), fresh(slot, stot + 1)).backend('a');
      return [row['stot'], row['stot_rate']];
    });
    expect(told).toEqual([
      [1_050, 5],
      [1_100, 5],
      [1_150, 5],
    ]);
    expect(node.poll(5, fresh(5, 1_201)).backend('a')).toMatchObject({ stot: 1_201, stot_rate: 5 });
  });

  it('count once, however many old workers there are', () => {
    const node = new PolledNode();
    const [one, two, three] = [
      worker(7, { starts: -10, stops: 2 }),
      worker(8, { starts: 1, stops: 4 }),
      worker(9, { starts: 3, stops: 99 }),
    ];
    node.poll(1, one(1, 1_000));
    const told = [2, 3, 4, 5, 6].map((slot) => {
      const stot = 950 + 50 * slot;
      const all = slot < 4 ? [one, two] : [one, two, three];
      const row = node.poll(slot, ...all.map((said) => said(slot, stot))).backend('a');
      return [row['stot'], row['stot_rate']];
    });
    expect(told).toEqual([1_050, 1_100, 1_150, 1_200, 1_250].map((stot) => [stot, 5]));
  });

  it('tell each increment once over reload after reload, in whatever order they are merged', () => {
    const step = fc.record({
      handled: fc.nat(100),
      reloads: fc.constantFrom(true, false, false),
      ends: fc.boolean(),
      turn: fc.nat(5),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        const node = new PolledNode();
        let [total, told, slot, pid] = [1_000, 0, 1, 7];
        let workers = [{ starts: -10, stops: Infinity, pid }];
        const poll = (turn: number) => {
          const said = workers.map((each) => worker(each.pid, each)(slot, total));
          const at = turn % said.length;
          return node.poll(slot, ...said.slice(at), ...said.slice(0, at)).backend('a');
        };
        poll(0);
        for (const { handled, reloads, ends, turn } of steps) {
          slot++;
          if (ends && workers.length > 1) workers = workers.slice(1);
          if (reloads) {
            workers = workers.map((each) => ({ ...each, stops: Math.min(each.stops, slot) }));
            workers.push({ starts: slot - 0.4, stops: Infinity, pid: ++pid });
          }
          total += handled;
          const row = poll(turn);
          expect(row['stot']).toBe(total);
          told += (row['stot_rate'] ?? 0) * 10;
          expect(told).toBeLessThanOrEqual(total - 1_000 + 1e-6);
        }
      }),
    );
  });

  it('are not those of a new worker that began with what the old one had', () => {
    const node = new PolledNode();
    node.poll(1, { ...old(1, 1_000), isStopping: false });
    node.poll(2, old(2, 1_001), fresh(2, 1_020));
    expect(node.poll(3, old(3, 1_003), fresh(3, 1_060)).rateOf('a')).toBeCloseTo((2 + 40) / 10);
    expect(node.poll(4, old(4, 1_004), fresh(4, 1_100)).rateOf('a')).toBeCloseTo((1 + 40) / 10);
  });

  it('are not those of two workers that both take connections, or have no guid', () => {
    const node = new PolledNode();
    const both = (slot: number, stot: number) =>
      [old(slot, stot), fresh(slot, stot)].map((said) => ({ ...said, isStopping: false, uptime: 10 * slot }));
    node.poll(1, ...both(1, 10));
    expect(node.poll(2, ...both(2, 20)).rateOf('a')).toBe(2);
    const plain = new PolledNode();
    plain.poll(1, { ...old(1, 10), guid: '' }, { ...fresh(1, 10), guid: '', uptime: 10 });
    expect(
      plain.poll(2, { ...old(2, 20), guid: '' }, { ...fresh(2, 20), guid: '', uptime: 20 }).rateOf('a'),
    ).toBe(2);
  });

  it('are not looked for where no rates are wanted, by which they could be told', () => {
    const node = new PolledNode([]);
    node.poll(1, { ...old(1, 1_000), isStopping: false });
    expect(node.poll(2, old(2, 1_001), fresh(2, 20)).backend('a')).toMatchObject({ stot: 1_021 });
  });

  it('never come to more than was counted, shared or not', () => {
    const steps = fc.array(fc.tuple(fc.nat(50), fc.nat(50)), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(steps, fc.constantFrom('shared', 'handed over', 'apart'), (handled, memory) => {
        const node = new PolledNode();
        node.poll(1, { ...old(1, 1_000), isStopping: false });
        let [total, ofOld, ofNew, told] = [0, 1_000, memory === 'handed over' ? 1_000 : 0, 0];
        handled.forEach(([byOld, byNew], i) => {
          total += byOld + byNew;
          ofOld += memory === 'shared' ? byOld + byNew : byOld;
          ofNew = memory === 'shared' ? ofOld : ofNew + byNew;
          const rate = node.poll(i + 2, old(i + 2, ofOld), fresh(i + 2, ofNew)).rateOf('a') ?? 0;
          expect(rate).toBeGreaterThanOrEqual(0);
          told += rate * 10;
          expect(told).toBeLessThanOrEqual(total + 1e-6);
        });
        if (memory === 'shared') expect(told).toBeCloseTo(total, 6);
      }),
    );
  });
});
