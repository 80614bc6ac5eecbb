import type { FramePart } from '@haproxystats/messaging';
import { frameHead } from '../../../test/support/frames';
import { CoverageFilter } from './coverage-filter';

function part(node: string, slot: number, covered: number): FramePart {
  const head = frameHead({ node, slot, coverage: { covered, expected: 4 } });
  return { part: 0, parts: 1, frame: { head, tables: [] } };
}

describe('CoverageFilter', () => {
  it('lets higher and equal coverage pass, and holds lower back, per node and slot', () => {
    const filter = new CoverageFilter();
    const news = [
      part('a', 1, 3),
      part('a', 1, 2),
      part('a', 1, 3),
      part('a', 1, 4),
      part('a', 1, 3),
      part('a', 2, 1),
      part('b', 1, 1),
    ];
    expect(news.map((each) => filter.isNews(each))).toEqual([true, false, true, true, false, true, true]);
  });

  it('forgets the name that was silent longest where there are too many', () => {
    const filter = new CoverageFilter(2);
    const news = [
      part('a', 1, 4),
      part('b', 1, 4),
      part('a', 1, 4),
      part('c', 1, 4),
      part('a', 1, 3),
      part('b', 1, 3),
    ];
    expect(news.map((each) => filter.isNews(each))).toEqual([true, true, true, true, false, true]);
  });
});
