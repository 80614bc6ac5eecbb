import type { ServerAddress } from '@haproxystats/runtime';
import { processOf, socketList } from './socket-list';

const unix = (path: string): ServerAddress => ({ kind: 'unix', path });
const tcp = (host: string, port: number): ServerAddress => ({ kind: 'tcp', host, port });

describe('processOf', () => {
  it.each([
    [unix('/run/haproxy.sock'), '/run/haproxy.sock'],
    [tcp('lb1.example.com', 9999), 'lb1.example.com:9999'],
    [tcp('::1', 9999), '[::1]:9999'],
  ])('names the process at %j', (address, process) => {
    expect(processOf(address)).toBe(process);
  });
});

describe('socketList', () => {
  it('lists every address once, in an order that does not depend on how it was given', () => {
    const servers = [tcp('lb', 2), unix('/run/b.sock'), tcp('::1', 2), tcp('lb', 2)];
    const expected = ['/run/a.sock', '/run/b.sock', '[::1]:2', 'lb:2'];
    expect(socketList(['/run/b.sock', '/run/a.sock'], servers).map(processOf)).toEqual(expected);
    expect(socketList(['/run/a.sock', '/run/b.sock'], servers.reverse()).map(processOf)).toEqual(expected);
  });

  it('sees through different spellings of one address', () => {
    const servers = [unix('/run//./a.sock'), tcp('0:0::1', 2), tcp('::1', 2), tcp('LB', 2), tcp('lb', 2)];
    expect(socketList(['/run/a.sock'], servers).map(processOf)).toEqual(['/run/a.sock', '[::1]:2', 'lb:2']);
  });

  it('keeps a zone of a link-local address as it is', () => {
    expect(socketList([], [tcp('fe80::1%eth0', 2)]).map(processOf)).toEqual(['[fe80::1%eth0]:2']);
  });
});
