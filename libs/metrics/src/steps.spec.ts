import { either } from './steps';

describe('either', () => {
  it.each([
    [0, 0, 0],
    [5, 3, 7],
    [NaN, 9, 9],
    [2 ** 31, 1, 2 ** 31 + 1],
    [2 ** 52 + 1, 2 ** 40 + 2, 2 ** 52 + 2 ** 40 + 3],
  ])('of %d and %d is %d', (a, b, bits) => {
    expect(either(a, b)).toBe(bits);
  });
});
