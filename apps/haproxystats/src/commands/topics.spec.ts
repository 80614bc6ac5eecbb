import { partitionCount } from './topics';

describe('partitionCount', () => {
  it.each([
    ['1', 1],
    ['12', 12],
    ['1000', 1_000],
  ])('reads %s', (text, count) => expect(partitionCount(text)).toBe(count));

  it.each(['', '0', '1001', '-3', '1.5', '1e2', '0x10', ' 6', 'many', '00000006'])('refuses %j', (text) =>
    expect(() => partitionCount(text)).toThrow('a number of partitions from 1 to 1000 is needed.'),
  );
});
