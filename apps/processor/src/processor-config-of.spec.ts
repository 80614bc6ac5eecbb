import { loadConfig } from '../../../test/support/load-config';
import { processorConfigOf } from './processor-config-of';

function graphiteOf(text: string) {
  const { settings, faults } = loadConfig(text);
  expect(faults).toEqual([]);
  return processorConfigOf(settings).graphite;
}

describe('processorConfigOf', () => {
  it('takes what users want of the metrics', () => {
    const { finish, processLabel } = graphiteOf(`
[process]
frontend-metrics = scur stot
server-metrics = lbtot
exclude-frontends = /etc/hs/frontends
exclude-backends = /etc/hs/backends
per-process-metrics = true
module-metrics = true
process-label = socket
`);
    expect(finish.lists).toEqual({
      frontend: ['scur', 'stot'],
      backend: undefined,
      server: ['lbtot'],
      listener: undefined,
    });
    expect(finish).toMatchObject({
      excludeFrontends: '/etc/hs/frontends',
      excludeBackends: '/etc/hs/backends',
      processes: true,
      modules: true,
      semantics: 'exact',
    });
    expect(graphiteOf('[process]\nsemantics = classic\n').finish.semantics).toBe('classic');
    expect(processLabel).toBe('socket');
  });

  it('takes the relays in their order', () => {
    const { address, failover, failoverRetryMs } = graphiteOf(
      '[graphite]\nserver = a.example.org\nport = 2003\nfailover = b.example.org:2004, [fd00::2]:2005\nfailover-retry = 5\n',
    );
    expect([address, ...failover]).toEqual([
      { host: 'a.example.org', port: 2003 },
      { host: 'b.example.org', port: 2004 },
      { host: 'fd00::2', port: 2005 },
    ]);
    expect(failoverRetryMs).toBe(5_000);
    expect(graphiteOf('')).toMatchObject({ failover: [], failoverRetryMs: 30_000 });
    expect(loadConfig('[graphite]\nfailover = b.example.org\n').faults).toEqual([
      expect.stringContaining("'b.example.org' is not host:port"),
    ]);
  });

  it('takes groups with their namespace', () => {
    const { groups } = graphiteOf(`
[graphite]
group-namespace = flavor
group-namespace-double-writes = true
[backend-groups]
shop = ^cart
`);
    expect(groups).toMatchObject({ namespace: 'flavor', doubleWrites: true });
    expect(groups?.groups['backend-groups'].map(({ name }) => name)).toEqual(['shop']);
    expect(graphiteOf('').groups).toBeUndefined();
  });

  it.each([
    ['', 'ErrorRate'],
    ['[process]\ncalculate-percentages = true\n', 'ErrorRate ConnPercentage'],
  ])('compiles formulas and, with %j, percentages', (options, expected) => {
    const { finish } = graphiteOf(`${options}[daemon-derived]\nErrorRate = CurrConns / Maxconn\n`);
    const metric = (name: string, value: number) => ({
      name,
      field: name,
      values: Float64Array.of(value),
      present: Uint8Array.of(1),
    });
    const metrics = [metric('CurrConns', 5), metric('Maxconn', 10)];
    const [table] = finish.derived.apply([{ kind: 'daemon', proxies: [''], servers: [''], metrics }], {
      semantics: 'exact',
    } as Parameters<typeof finish.derived.apply>[1]);
    const derived = table!.metrics.slice(2).map(({ name }) => name);
    expect(derived.sort()).toEqual(expected.split(' ').sort());
  });
});
