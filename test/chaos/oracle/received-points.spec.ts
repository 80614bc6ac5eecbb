import { ReceivedPoints } from './received-points';

describe("the receiver's file", () => {
  it('gives the last value of a path and second, and when the first came', () => {
    const points = new ReceivedPoints();
    const path = 'loadbalancers.lb1_x.haproxy.backend.web.server.w-1.stot';
    points.add(`100 ${path} 5 17\n100 ${path} 6 18\n100 other.path 1 17\n200 ${path} 7`);
    points.add(' 17\n300 loadbalancers.lb1_x.haproxy.frontend.www.bin 9 17\n300 cut');
    expect(points.of('lb1.x', 'web w-1 stot', 17)).toEqual({ value: 7, firstAt: 100, lastAt: 200 });
    expect(points.of('lb1.x', 'web w-1 stot', 18)?.value).toBe(6);
    expect(points.of('lb1.x', 'www FRONTEND bin', 17)?.value).toBe(9);
    expect(points.of('lb1.x', 'www BACKEND bin', 17)).toBeUndefined();
    expect(points.lines).toBe(5);
  });
});
