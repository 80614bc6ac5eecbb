import { backendsOf, defaultSize, isListen, siteOf } from './site';

describe('siteOf', () => {
  it('has HTTP frontends with several backends and a TCP listen section by default', () => {
    const site = siteOf(defaultSize);
    expect(
      site.map(({ name, mode, backends }) => [name, mode, backends.map((backend) => backend.name)]),
    ).toEqual([
      ['www', 'http', ['web', 'api', 'static']],
      ['admin', 'http', ['office']],
      ['queue', 'tcp', ['queue']],
    ]);
    expect(site.map(isListen)).toEqual([false, false, true]);
    expect(backendsOf(site)[1]!.servers).toEqual(['api-1', 'api-2', 'api-3']);
  });

  it('grows by tenants, five to a frontend', () => {
    const site = siteOf({ backends: 300, servers: 10 });
    expect(backendsOf(site)).toHaveLength(300);
    expect(new Set(backendsOf(site).map(({ name }) => name)).size).toBe(300);
    expect(site).toHaveLength(3 + 295 / 5);
    expect(site[3]!.backends.map(({ name }) => name)).toEqual(
      [1, 2, 3, 4, 5].map((tenant) => `tenant-${tenant}`),
    );
  });

  it.each([
    [{ backends: 0, servers: 3 }, 'backends'],
    [{ backends: 2.5, servers: 3 }, 'backends'],
    [{ backends: 3, servers: 101 }, 'servers'],
    [{ backends: 3, servers: Number.NaN }, 'servers'],
  ])('refuses %j', (size, part) => {
    expect(() => siteOf(size)).toThrow(new RegExp(`^demo: ${part} must be a whole number from 1 to`));
  });
});
