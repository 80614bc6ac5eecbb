import { ReceivedPoints, slotOf } from './received-points';

describe("the receiver's file", () => {
  it('gives the last value of a path and second, and when each came first', () => {
    const points = new ReceivedPoints();
    const path = 'loadbalancers.lb1_x.haproxy.backend.web.server.w-1.stot';
    points.add(`100 ${path} 5 17\n100 ${path} 6 18\n100 loadbalancers.lb2.haproxy.other 1 17\n200 ${path} 7`);
    points.add(' 17\n300 loadbalancers.lb1_x.haproxy.frontend.www.bin 9 17\n300 cut');
    expect(points.of('lb1.x', 'web w-1 stot', 17)).toEqual({
      value: 7,
      came: new Map([
        [5, 100],
        [7, 200],
      ]),
    });
    expect(points.of('lb1.x', 'web w-1 stot', 18)?.value).toBe(6);
    expect(points.of('lb1.x', 'www FRONTEND bin', 17)?.value).toBe(9);
    expect(points.of('lb1.x', 'www BACKEND bin', 17)).toBeUndefined();
    expect([points.lines, points.malformed]).toEqual([5, 0]);
    expect([...points.slots]).toEqual(['lb1_x 17', 'lb1_x 18', 'lb2 17']);
    expect(slotOf('lb1.x', 17)).toBe('lb1_x 17');
  });

  it('counts what is no line', () => {
    const points = new ReceivedPoints();
    points.add(
      '100 loadbalancers.lb1.haproxy.frontend.w.stot 5\n100 loadbalancers.lb1.haproxy.x 5 17loadbal 1 17\n',
    );
    points.add('100 loadbalancers.lb1.haproxy.x NaN 17\n100  5 17\n');
    expect([points.lines, points.malformed, [...points.slots]]).toEqual([4, 4, []]);
  });
});
