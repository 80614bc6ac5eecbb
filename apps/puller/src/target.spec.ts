import { commandFor, targetAt, workerTarget } from './target';

describe('a target', () => {
  it('behind a master gets its prefix before each command', () => {
    const target = workerTarget({ kind: 'unix', path: '/run/master.sock' }, 12);
    expect(target.process).toBe('/run/master.sock@!12');
    expect(commandFor(target, 'show info;show stat')).toEqual({
      command: '@!12 show info;@!12 show stat',
      isMaster: true,
    });
  });

  it('that is a stats socket is asked as it is', () => {
    const target = targetAt({ kind: 'tcp', host: '::1', port: 9 });
    expect(target.process).toBe('[::1]:9');
    expect(commandFor(target, 'show info;show stat')).toEqual({ command: 'show info;show stat' });
  });
});
