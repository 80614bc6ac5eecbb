import { FakeClock } from '../../../../test/support/fake-clock';
import { LetterRate } from './letter-rate';

describe('LetterRate', () => {
  const bounds = { perNode: 10, overall: 25, nodes: 3 };
  let clock: FakeClock;
  let rate: LetterRate;

  beforeEach(() => {
    clock = new FakeClock();
    rate = new LetterRate(clock, bounds);
  });

  function takeAll(node: string, times: number): string[] {
    return Array.from({ length: times }, () => rate.take(node)).filter((each) => each !== 'taken');
  }

  it('lets a node have ten at once, and then one every six seconds', async () => {
    expect(takeAll('a', 12)).toEqual(['node', 'node']);
    await clock.advance(5_900);
    expect(rate.take('a')).toBe('node');
    await clock.advance(200);
    expect(takeAll('a', 2)).toEqual(['node']);
    await clock.advance(600_000);
    expect(takeAll('a', 11)).toEqual(['node']);
  });

  it('does not let one node use up the room of another', () => {
    takeAll('a', 1_000);
    expect(takeAll('b', 10)).toEqual([]);
  });

  it('has a bound over all nodes, however many names there are', async () => {
    const refused = Array.from({ length: 100 }, (_, i) => rate.take(`n${i}`)).filter(
      (each) => each === 'all',
    );
    expect(refused).toHaveLength(75);
    await clock.advance(60_000);
    expect(takeAll('x', 10)).toEqual([]);
  });
});
