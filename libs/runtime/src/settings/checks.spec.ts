import { graphitePath, nodeName, redisUrl } from './checks';

describe('a namespace of Graphite', () => {
  it.each(['loadbalancers', 'a.b.lb', 'Prod-1.eu:west.lb_2'])('may be %s', (text) => {
    expect(graphitePath(text)).toBeUndefined();
  });

  it.each([
    ['my lb', 'must be made of ASCII letters'],
    ['loadbalancer\u00e9s', 'must be made of ASCII letters'],
    ['lb/1', 'must be made of ASCII letters'],
    ['a..b', 'beside another'],
    ['.lb', 'at its begin'],
    ['lb.', 'at its end'],
  ])('may not be %j', (text, why) => {
    expect(graphitePath(text)).toContain(`'${text}'`);
    expect(graphitePath(text)).toContain(why);
  });
});

describe('a URL of Redis', () => {
  it.each(['redis://host', 'redis://host:6379/', 'rediss://u:p%40ss@[::1]:6380/12', 'redis://h/0?family=6'])(
    'may be %s',
    (text) => {
      expect(redisUrl(text)).toBeUndefined();
    },
  );

  it.each([
    'host:6379',
    'redis://',
    'redis://u:s3cret%ZZ@host',
    'redis://u%ff:s3cret@host',
    'redis://host/cache',
  ])('may not be %s, and is not quoted', (text) => {
    expect(redisUrl(text)).toMatch(/^not a URL such as redis:/);
    expect(redisUrl(text)).not.toContain('s3cret');
  });
});

describe('the name of a node', () => {
  it.each(['lb1', 'LB-1.eu_west', '_', '-', 'n'.repeat(255)])('may be %s', (text) => {
    expect(nodeName(text)).toBeUndefined();
  });

  it.each(['lb\u00e4', 'lb\u0430', 'lb 1', 'lb1\nx', '../lb1', '..', '.lb1', '', 'n'.repeat(256)])(
    'may not be %j',
    (text) => {
      expect(nodeName(text)).toMatch(/^'[^]*' must be made of letters, digits/);
    },
  );
});
