import { graphitePath } from './checks';

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
