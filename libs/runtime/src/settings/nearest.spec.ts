import { nearest } from './nearest';

describe('nearest', () => {
  const known = ['socket-dir', 'servers', 'retries', 'port', 'fqdn'];

  it.each([
    ['sokcet-dir', 'socket-dir'],
    ['socketdir', 'socket-dir'],
    ['server', 'servers'],
    ['retires', 'retries'],
    ['prot', 'port'],
    ['fqnd', 'fqdn'],
    ['SERVERS', 'servers'],
    ['Prot', 'port'],
  ])('takes %s for %s', (word, expected) => {
    expect(nearest(word, known)).toBe(expected);
  });

  it.each(['flavour', 'x', 'sock', ''])('does not guess at %j', (word) => {
    expect(nearest(word, known)).toBeUndefined();
  });
});
