import { isBefore, releaseOf } from './release';

describe('releaseOf', () => {
  it.each([
    ['1.8.0', [1, 8]],
    ['2.6.12-1+deb12u4', [2, 6]],
    ['3.4.0-64a335366', [3, 4]],
    ['3.5-dev5', [3, 5]],
    ['2.10', [2, 10]],
  ])('%s is %j', (version, release) => {
    expect(releaseOf(version)).toEqual(release);
  });

  it.each(['', 'HAProxy', '2', '.6', '2.', '99999.1', '2.99999'])('%j is none', (version) => {
    expect(releaseOf(version)).toBeUndefined();
  });
});

describe('isBefore', () => {
  it.each([
    [[1, 9], [2, 2], true],
    [[2, 1], [2, 2], true],
    [[2, 2], [2, 2], false],
    [[2, 10], [2, 2], false],
    [[3, 0], [2, 2], false],
  ] as const)('%j is before %j: %s', (release, other, is) => {
    expect(isBefore(release, other)).toBe(is);
  });
});
