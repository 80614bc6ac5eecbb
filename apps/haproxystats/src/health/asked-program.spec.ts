import { askedProgram } from './asked-program';

const asked = (line: string) => askedProgram(line.split(' '));

describe('askedProgram', () => {
  it.each([
    ['/usr/local/bin/node /usr/local/bin/haproxystats-pull -f /etc/a.conf', 'pull', '/etc/a.conf'],
    ['node /app/dist/apps/puller/src/main.js --file=/etc/a.conf', 'pull', '/etc/a.conf'],
    ['node /usr/bin/haproxystats-process --file /etc/a.conf -d /etc/a.d', 'process', '/etc/a.conf'],
    ['node dist/apps/processor/src/main.js -f/etc/a.conf', 'process', '/etc/a.conf'],
    ['/sbin/docker-init -- haproxystats process -f /etc/a.conf', 'process', '/etc/a.conf'],
    ['node /usr/bin/haproxystats pull', 'pull', '/etc/haproxystats.conf'],
    ['node dist/apps/haproxystats/src/main.js run --polls 3 -f a.conf --interval 2', 'run', 'a.conf'],
  ])('finds in %s the program and its file', (line, service, file) => {
    expect(asked(line)).toMatchObject({ service, file });
  });

  it('finds the directory of further files', () => {
    expect(asked('haproxystats-pull -f a.conf -d a.d')).toEqual({
      service: 'pull',
      file: 'a.conf',
      dir: 'a.d',
    });
  });

  it.each([
    ['node /usr/bin/haproxystats topics -f a.conf', 'haproxystats topics'],
    ['haproxystats', 'haproxystats'],
  ])('knows %s as ours, and that it serves nothing', (line, name) => {
    expect(asked(line)).toBe(name);
  });

  it.each(['/sbin/init', 'sh -c haproxystats-pull;true', 'node /usr/bin/haproxystats-pull-else', ''])(
    'finds none of ours in "%s"',
    (line) => {
      expect(asked(line)).toBeUndefined();
    },
  );
});
