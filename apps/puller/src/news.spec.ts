import { News } from './news';

const fact = (key: string, state = '', text = '') => ({ key, state, text });

describe('News', () => {
  it('tells a fact when it begins, and its end, once each', () => {
    const news = new News();
    expect(news.update([fact('a'), fact('b')])).toEqual({ begun: [fact('a'), fact('b')], over: [] });
    expect(news.update([fact('b')])).toEqual({ begun: [], over: [fact('a')] });
    expect(news.update([fact('b')])).toEqual({ begun: [], over: [] });
    expect(news.update([fact('a'), fact('b')])).toEqual({ begun: [fact('a')], over: [] });
  });

  it('tells a fact again when its state changes, but not when only its words do', () => {
    const news = new News();
    news.update([fact('a', 'refused', 'attempt 1')]);
    expect(news.update([fact('a', 'refused', 'attempt 2')]).begun).toEqual([]);
    expect(news.update([fact('a', 'timeout', 'x')]).begun).toEqual([fact('a', 'timeout', 'x')]);
  });
});
