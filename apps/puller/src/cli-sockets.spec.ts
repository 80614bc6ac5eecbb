import { leadToOneProcess } from './cli-sockets';

const list = (...sockets: string[]) =>
  `# socket lvl processes\n${sockets.map((socket) => `${socket} user all\n`).join('')}\n`;
const two = list('unix@/run/haproxy/admin.sock', 'ipv4@0.0.0.0:9999');

describe('leadToOneProcess', () => {
  it.each<{ what: string; one: string; other: string; same: boolean }>([
    {
      what: 'the two sockets of one process',
      one: '/run/haproxy/admin.sock',
      other: '127.0.0.1:9999',
      same: true,
    },
    {
      what: 'its sockets seen from outside of a container',
      one: '/srv/lb1/admin.sock',
      other: '10.0.0.7:9999',
      same: true,
    },
    {
      what: 'the same socket of two containers',
      one: '/srv/lb1/admin.sock',
      other: '/srv/lb2/admin.sock',
      same: false,
    },
    { what: 'the same port of two hosts', one: '10.0.0.7:9999', other: '10.0.0.8:9999', same: false },
    { what: 'a socket that is not listed', one: '/run/haproxy/admin.sock', other: '[::1]:1234', same: false },
  ])('tells of $what', ({ one, other, same }) => {
    expect(leadToOneProcess({ process: one, text: two }, { process: other, text: two })).toBe(same);
  });

  it('says no where the lists differ', () => {
    const other = list('unix@/run/haproxy/2.sock', 'ipv4@0.0.0.0:9999');
    expect(
      leadToOneProcess(
        { process: '/run/haproxy/admin.sock', text: two },
        { process: '127.0.0.1:9999', text: other },
      ),
    ).toBe(false);
  });

  describe('of a worker behind a master', () => {
    const worker = { process: '/run/haproxy/master.sock@!7', text: two, isWorker: true };

    it.each([
      ['a socket of its own', '/srv/lb1/admin.sock', true],
      ['a port of its own', '127.0.0.1:9999', true],
      ['a socket that it does not list', '/run/haproxy/2.sock', false],
    ])('tells of %s', (_, process, same) => {
      expect(leadToOneProcess({ process, text: two }, worker)).toBe(same);
      expect(leadToOneProcess(worker, { process, text: two })).toBe(same);
    });

    it('says no of one with other sockets, and of the worker of another master', () => {
      const other = { process: '/run/haproxy/admin.sock', text: list('unix@/run/haproxy/admin.sock') };
      expect(leadToOneProcess(other, worker)).toBe(false);
      expect(leadToOneProcess(worker, { ...worker, process: '/run/other/master.sock@!7' })).toBe(false);
    });
  });

  it.each([['Unknown command. Please enter one of the following'], ['Permission denied\n'], ['']])(
    'does not know from %j',
    (text) => {
      expect(leadToOneProcess({ process: '/a', text }, { process: '/b', text: two })).toBeUndefined();
    },
  );
});
