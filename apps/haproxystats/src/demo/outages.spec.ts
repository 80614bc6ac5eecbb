import { healthAt } from './outages';

const outages = { everySeconds: 60, afterSeconds: 20, forSeconds: 10 };

describe('healthAt', () => {
  it('is up all the time without outages', () => {
    expect(healthAt(1234)).toEqual({
      up: true,
      status: 'UP',
      secondsInState: 1234,
      outages: 0,
      downSeconds: 0,
    });
  });

  it.each([
    [0, 'UP', 0, 0, 0],
    [19.5, 'UP', 19.5, 0, 0],
    [20, 'DOWN', 0, 1, 0],
    [27, 'DOWN', 7, 1, 7],
    [28, 'DOWN 1/2', 8, 1, 8],
    [30, 'UP', 0, 1, 10],
    [59, 'UP', 29, 1, 10],
    [60, 'UP', 30, 1, 10],
    [79, 'UP', 49, 1, 10],
    [85, 'DOWN', 5, 2, 15],
  ])('after %d s is %s for %d s, with %d outages and %d s down', (...row) => {
    const [seconds, status, since, begun, down] = row;
    expect(healthAt(seconds, outages)).toEqual({
      up: status === 'UP',
      status,
      secondsInState: since,
      outages: begun,
      downSeconds: down,
    });
  });
});
