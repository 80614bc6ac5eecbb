import { rowKinds } from '@haproxystats/haproxy';
import { PolledNode } from '../../../../test/support/polled-node';
import { peakedOf } from './peaks';

const one = (scur: number, smax: number) => ({ a: [0, 0, '', scur, smax] }) as const;

describe('the peaks of gauges', () => {
  it('are known where HAProxy keeps their maximum', () => {
    expect(rowKinds.map((kind) => [kind, ...peakedOf(kind).map(({ gauge }) => gauge)])).toEqual([
      ['frontend', 'scur', 'rate', 'req_rate', 'conn_rate'],
      ['backend', 'scur', 'qcur', 'rate'],
      ['server', 'scur', 'qcur', 'rate'],
      ['listener', 'scur'],
    ]);
    expect(peakedOf('server', ['qcur', 'stot', 'req_rate'])).toEqual([{ gauge: 'qcur', maximum: 'qmax' }]);
  });

  it('are exact where the maximum rose, else at least what the gauge is', () => {
    const node = new PolledNode();
    const peak = (slot: number, scur: number, smax: number) => {
      const row = node.poll(slot, { uptime: 100 + 10 * slot, rows: one(scur, smax) }).backend('a');
      return [row['scur_peak'], row['scur_peak_min']];
    };
    expect(peak(1, 3, 50)).toEqual([undefined, 3]);
    expect(peak(2, 4, 50)).toEqual([undefined, 4]);
    expect(peak(3, 4, 60)).toEqual([60, 60]);
    expect(peak(4, 5, 20)).toEqual([undefined, 20]);
  });

  it('of a process that began since the poll before are its maxima', () => {
    const node = new PolledNode();
    node.poll(1, { pid: 7, uptime: 100, rows: one(1, 50) });
    expect(node.poll(2, { pid: 8, uptime: 5, rows: one(1, 9) }).backend('a')).toMatchObject({ scur_peak: 9 });
  });

  it('of several processes are those of the one with the most, and the sum; exact where all are', () => {
    const node = new PolledNode();
    const both = (slot: number, first: readonly [number, number], second: readonly [number, number]) =>
      node
        .poll(
          slot,
          { process: '/run/1', uptime: 100 + 10 * slot, rows: one(...first) },
          { process: '/run/2', pid: 8, uptime: 100 + 10 * slot, rows: one(...second) },
        )
        .backend('a');
    both(1, [1, 10], [2, 20]);
    const second = both(2, [1, 12], [2, 21]);
    expect(second).toMatchObject({ scur_peak: 21, scur_peak_sum: 33, scur_peak_min: 21 });
    const third = both(3, [1, 13], [2, 21]);
    expect(third).toMatchObject({ scur_peak_min: 13, scur_peak_min_sum: 15 });
    expect([third['scur_peak'], third['scur_peak_sum']]).toEqual([undefined, undefined]);
  });

  it('are those of `show info` too, of each process and of all together', () => {
    const node = new PolledNode();
    const poll = (slot: number, first: readonly [number, number], second: readonly [number, number]) =>
      node.poll(
        slot,
        { process: '/run/1', uptime: 100 + 10 * slot, rows: {}, ConnRate: first },
        { process: '/run/2', pid: 8, uptime: 100 + 10 * slot, rows: {}, ConnRate: second },
      );
    const first = poll(1, [3, 50], [4, 60]);
    expect(first.daemon()).toMatchObject({ ConnRate: 7, ConnRate_peak_min: 4, ConnRate_peak_min_sum: 7 });
    expect(first.daemon()['ConnRate_peak']).toBeUndefined();
    const second = poll(2, [3, 55], [4, 61]);
    expect(second.daemon()).toMatchObject({ ConnRate_peak: 61, ConnRate_peak_sum: 116 });
    const third = poll(3, [5, 55], [4, 70]);
    expect(third.daemon()).toMatchObject({ ConnRate_peak_min: 70, ConnRate_peak_min_sum: 75 });
    expect(third.daemon()['ConnRate_peak']).toBeUndefined();
    expect(third.process('/run/1')['ConnRate_peak']).toBeUndefined();
    expect(third.process('/run/2')).toMatchObject({ ConnRate_peak: 70 });
    const fourth = poll(4, [9, 10], [4, 8]).daemon();
    expect(fourth).toMatchObject({ ConnRate_peak_min: 10, ConnRate_peak_min_sum: 18 });
  });

  it('of a process that began since the poll before are what its `show info` has as maxima', () => {
    const node = new PolledNode();
    node.poll(1, { pid: 7, uptime: 100, rows: {}, ConnRate: [1, 50] });
    const young = node.poll(2, { pid: 8, uptime: 5, rows: {}, ConnRate: [1, 9] });
    expect(young.daemon()).toMatchObject({ ConnRate_peak: 9 });
  });
});
