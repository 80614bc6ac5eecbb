import fc from 'fast-check';
import { intervalMs, PolledNode } from '../../../../test/support/polled-node';

describe('rates of counters', () => {
  it('are what a process counted since the poll before, in a second; at first sight there are none', () => {
    const node = new PolledNode();
    const first = node.poll(1, { uptime: 100, rows: { a: [1_000, 0] }, CumReq: 50 });
    expect([first.rateOf('a'), first.daemon()['CumReq_rate']]).toEqual([undefined, undefined]);
    const second = node.poll(2, { uptime: 110, rows: { a: [1_045, 0] }, CumReq: 75 });
    expect([second.rateOf('a'), second.daemon()['CumReq_rate']]).toEqual([4.5, 2.5]);
    expect(node.poll(3, { uptime: 120, rows: { a: [1_219, 0] } }).rateOf('a')).toBe(17.4);
  });

  it('add up over processes', () => {
    const node = new PolledNode();
    const both = (slot: number, a: number, b: number) =>
      node.poll(
        slot,
        { process: '/run/1', uptime: 100 + slot * 10, rows: { a: [a, 0] } },
        { process: '/run/2', pid: 8, uptime: 100 + slot * 10, rows: { a: [b, 0] } },
      );
    both(1, 100, 1_000);
    expect(both(2, 130, 1_050).rateOf('a')).toBe(8);
  });

  it('are an average over missing polls, up to three slots', () => {
    const node = new PolledNode();
    node.poll(1, { uptime: 100, rows: { a: [100, 0] } });
    expect(node.poll(4, { uptime: 130, rows: { a: [190, 0] } }).rateOf('a')).toBe(3);
    expect(node.poll(8, { uptime: 170, rows: { a: [290, 0] } }).rateOf('a')).toBeUndefined();
  });

  it('count from 0 what began after the poll before: a process, a row, a row that was cleared', () => {
    const node = new PolledNode();
    node.poll(1, { pid: 7, uptime: 100, rows: { a: [1_000, 9] } });
    expect(node.poll(2, { pid: 8, uptime: 4, rows: { a: [20, 1] } }).rateOf('a')).toBe(2);
    const third = node.poll(3, { pid: 8, uptime: 14, rows: { a: [5, 4], b: [30, 0] } });
    expect([third.rateOf('a'), third.backend('a')['req_tot_rate'], third.rateOf('b')]).toEqual([0.5, 0.4, 3]);
  });

  it('are not known of a process that may have begun before the poll before', () => {
    const node = new PolledNode();
    node.poll(1, { pid: 7, uptime: 100, rows: { a: [1_000, 0] } });
    expect(node.poll(2, { pid: 8, uptime: 11, rows: { a: [20, 0] } }).rateOf('a')).toBeUndefined();
    const other = { process: '/run/other', pid: 9, uptime: 10, rows: { b: [20, 0] } } as const;
    expect(node.poll(3, other).rateOf('b')).toBeUndefined();
  });

  it('count from 0 what took over the socket of another process, whatever is lost by rounding its uptime', () => {
    const node = new PolledNode();
    node.poll(1, { pid: 7, uptime: 100, rows: { a: [1_000, 0] } });
    expect(node.poll(2, { pid: 8, uptime: 10, rows: { a: [20, 0] } }).rateOf('a')).toBe(2);
  });

  it('count from 0 a worker that its master did not name before', () => {
    const node = new PolledNode();
    node.poll(1, { process: '/run/m@!7', pid: 7, uptime: 100, rows: { a: [1_000, 0] } });
    const second = node.poll(
      2,
      { process: '/run/m@!7', pid: 7, uptime: 110, rows: { a: [1_010, 0] } },
      { process: '/run/m@!8', pid: 8, uptime: 10, rows: { a: [30, 0] } },
    );
    expect(second.rateOf('a')).toBe(4);
  });

  it('go on for an old worker that is asked through its master after a reload', () => {
    const node = new PolledNode();
    node.poll(1, { process: '/run/1', pid: 7, uptime: 100, rows: { a: [1_000, 0] } });
    const second = node.poll(
      2,
      { process: '/run/1', pid: 8, uptime: 4, rows: { a: [20, 0] } },
      { process: '/run/m@!7', pid: 7, uptime: 110, rows: { a: [1_050, 0] } },
    );
    expect(second.rateOf('a')).toBe(7);
  });

  it('go on for a worker that its master named before its socket answered', () => {
    const node = new PolledNode();
    node.poll(1, { process: '/run/1', pid: 7, uptime: 100, rows: { a: [1_000, 0] } });
    node.poll(
      2,
      { process: '/run/1', pid: 7, uptime: 110, rows: { a: [1_010, 0] } },
      { process: '/run/m@!8', pid: 8, uptime: 3, rows: { a: [20, 0] } },
    );
    const third = node.poll(
      3,
      { process: '/run/1', pid: 8, uptime: 13, rows: { a: [50, 0] } },
      { process: '/run/m@!7', pid: 7, uptime: 120, rows: { a: [1_015, 0] } },
    );
    expect(third.rateOf('a')).toBe(3.5);
  });

  it('of a process that only has the pid of another are its own', () => {
    const node = new PolledNode();
    node.poll(1, { process: '/run/pod1', pid: 8, uptime: 100, rows: { a: [1_000, 0] } });
    const second = node.poll(2, { process: '/run/m@!8', pid: 8, uptime: 5_000, rows: { a: [9_000, 0] } });
    expect(second.rateOf('a')).toBeUndefined();
  });

  it('are not known of what a new process may have been given by an old one: rows with a guid', () => {
    const node = new PolledNode();
    node.poll(1, { pid: 7, uptime: 100, rows: { a: [1_000, 0] }, guid: 'one' });
    expect(
      node.poll(2, { pid: 8, uptime: 4, rows: { a: [1_020, 0] }, guid: 'one' }).rateOf('a'),
    ).toBeUndefined();
    expect(node.poll(3, { pid: 8, uptime: 14, rows: { a: [1_040, 0] }, guid: 'one' }).rateOf('a')).toBe(2);
  });

  it('are not known of a row that an incomplete answer may have left out', () => {
    const node = new PolledNode();
    node.poll(1, { uptime: 100, rows: { a: [10, 0] }, badRow: true });
    const second = node.poll(2, { uptime: 110, rows: { a: [20, 0], b: [500, 0] } });
    expect([second.rateOf('a'), second.rateOf('b')]).toEqual([1, undefined]);
  });

  it('wrap where HAProxy keeps 32 bits', () => {
    const node = new PolledNode();
    node.poll(1, { uptime: 100, rows: {}, CumReq: 2 ** 32 - 10 });
    expect(node.poll(2, { uptime: 110, rows: {}, CumReq: 30 }).daemon()['CumReq_rate']).toBe(4);
  });

  it('of a slot that is merged anew are the same', () => {
    const node = new PolledNode();
    const one = { uptime: 110, rows: { a: [30, 0] } } as const;
    node.poll(1, { uptime: 100, rows: { a: [10, 0] } });
    expect([node.poll(2, one).rateOf('a'), node.poll(2, one).rateOf('a')]).toEqual([2, 2]);
    node.poll(3, { uptime: 120, rows: { a: [40, 0] } });
    expect(node.poll(2, one).rateOf('a')).toBe(2);
    expect(node.poll(3, { uptime: 120, rows: { a: [40, 0] } }).rateOf('a')).toBe(1);
  });

  it('tell once what a process counted, where an earlier poll comes after a later one', () => {
    const node = new PolledNode();
    node.poll(1, { uptime: 100, rows: { a: [10, 0] } });
    expect(node.poll(3, { uptime: 120, rows: { a: [50, 0] } }).rateOf('a')).toBe(2);
    expect(node.poll(2, { uptime: 110, rows: { a: [30, 0] } }).rateOf('a')).toBeUndefined();
    expect(node.poll(4, { uptime: 130, rows: { a: [60, 0] } }).rateOf('a')).toBe(1);
  });

  it('take 8 bytes a counter and row, and 8 for its name, once a slot cannot grow', () => {
    const node = new PolledNode();
    const rows = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`b${i}`, [1, 1] as const]));
    for (const slot of [1, 2, 3]) {
      node.poll(slot, { uptime: 100 + 10 * slot, rows });
      node.history.merged({ slot: slot * intervalMs, intervalMs }, 0);
    }
    // Two counters, a maximum and the weight.
    expect(node.history.bytes).toBe(100 * (4 * 8 + 8));
    node.history.merged({ slot: 9 * intervalMs, intervalMs }, 0);
    expect(node.history.bytes).toBe(0);
  });

  it('find a row that has moved', () => {
    const node = new PolledNode();
    node.poll(1, { uptime: 100, rows: { a: [10, 0], b: [100, 0], c: [1_000, 0] } });
    const { rateOf } = node.poll(2, { uptime: 110, rows: { c: [1_010, 0], a: [30, 0], b: [130, 0] } });
    expect(['a', 'b', 'c'].map(rateOf)).toEqual([2, 3, 1]);
  });

  it('weigh the times of a row by what each process handled since the poll before', () => {
    const node = new PolledNode();
    const both = (slot: number, ...requests: [number, number]) =>
      node.poll(
        slot,
        { process: '/run/1', uptime: 90 + 10 * slot, rows: { a: [0, requests[0], 100] } },
        { process: '/run/2', pid: 8, uptime: 90 + 10 * slot, rows: { a: [0, requests[1], 10] } },
      );
    expect(both(1, 100, 300).backend('a')['ttime']).toBeCloseTo((100 + 30) / 4, 5);
    expect(both(2, 1_000_100, 300).backend('a')['ttime']).toBeCloseTo(100, 5);
    expect(both(3, 1_000_100, 300).backend('a')['ttime']).toBeCloseTo(100, 0);
    expect(both(4, 1_000_130, 390).backend('a')['ttime']).toBeCloseTo((3_000 + 900) / 120, 4);
  });

  it('are never negative, and never more than what was counted, whatever comes', () => {
    const step = fc.record({
      requests: fc.nat(1_000),
      what: fc.constantFrom('serve', 'serve', 'serve', 'clear', 'restart', 'miss'),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 30 }), (steps) => {
        const node = new PolledNode();
        let [pid, uptime, stot, served, told] = [1, 100, 500, 0, 0];
        let gap = 1;
        steps.forEach(({ requests, what }, i) => {
          if (what === 'restart') [pid, uptime, stot] = [pid + 1, -5, 0];
          if (what === 'clear') stot = 0;
          uptime += 10;
          stot += requests;
          served += requests;
          if (what === 'miss') gap++;
          else {
            const rate = node.poll(i + 1, { pid, uptime, rows: { a: [stot, 0] } }).rateOf('a');
            expect(rate ?? 0).toBeGreaterThanOrEqual(0);
            told += (rate ?? 0) * 10 * gap;
            gap = 1;
            expect(told).toBeLessThanOrEqual(served + 1e-6);
          }
        });
      }),
    );
  });

  it('of processes that come and go, wrap and miss polls are never negative, and never more than what was counted', () => {
    const fate = fc.constantFrom('serve', 'serve', 'serve', 'clear', 'restart', 'miss', 'leave');
    const step = fc.record({
      requests: fc.array(fc.nat(1_000), { minLength: 4, maxLength: 4 }),
      fates: fc.array(fate, { minLength: 4, maxLength: 4 }),
      joins: fc.constantFrom(true, false, false),
    });
    const word = 2 ** 32;
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 20 }), fc.nat(5_000), (steps, toWrap) => {
        const node = new PolledNode();
        let [pid, served, told, toldOfAll] = [6, 0, 0, 0];
        const born = (uptime: number, CumReq: number) => ({ pid: ++pid, uptime, stot: 0, CumReq });
        let processes = [born(100, word - toWrap), born(100, word - 2 * toWrap)];
        steps.forEach(({ requests, fates, joins }, i) => {
          if (joins && processes.length < 4) processes.push(born(-5, 0));
          processes = processes.flatMap((each, n) => {
            if (fates[n] === 'leave') return [];
            const { uptime, stot, CumReq, ...same } = fates[n] === 'restart' ? born(-5, 0) : each;
            const more = requests[n]!;
            served += more;
            const counted = (fates[n] === 'clear' ? 0 : stot) + more;
            return [{ ...same, uptime: uptime + 10, stot: counted, CumReq: (CumReq + more) % word }];
          });
          const asked = processes.filter((_, n) => fates[n] !== 'miss');
          if (asked.length === 0) return;
          const polled = node.poll(
            i + 1,
            ...asked.map(({ stot, ...each }, n) => ({
              ...each,
              process: `/run/${n}`,
              rows: { a: [stot, 0] as const },
            })),
          );
          const [rate = 0, ofAll = 0] = [polled.rateOf('a'), polled.daemon()['CumReq_rate']];
          expect(Math.min(rate, ofAll)).toBeGreaterThanOrEqual(0);
          told += rate * 10;
          toldOfAll += ofAll * 10;
          expect(Math.max(told, toldOfAll)).toBeLessThanOrEqual(served + 1e-6);
        });
      }),
    );
  });
});
