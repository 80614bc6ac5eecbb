import { SegmentCache } from './segment-cache';

describe('SegmentCache', () => {
  it('knows segments that several names become, whichever came first', () => {
    const cache = new SegmentCache();
    expect(['a.b', 'c', 'a_b', 'a.b'].map((name) => cache.segmentOf(name))).toEqual([
      'a_b',
      'c',
      'a_b',
      'a_b',
    ]);
    expect(['a_b', 'c', 'd'].map((segment) => cache.isShared(segment))).toEqual([true, false, false]);
  });

  it('starts anew between frames where there are too many, and not within one', () => {
    const cache = new SegmentCache(2);
    for (const name of ['a.b', 'x', 'y', 'a_b']) cache.segmentOf(name);
    expect(cache.isShared('a_b')).toBe(true);
    cache.trim();
    expect(cache.isShared('a_b')).toBe(false);
    expect(cache.segmentOf('a_b')).toBe('a_b');
    expect(cache.isShared('a_b')).toBe(false);
  });
});
