export type ProxyMode = 'http' | 'tcp';

/** How large the demo is: backends in all, and servers in each of them. */
export interface SiteSize {
  readonly backends: number;
  readonly servers: number;
}

export interface SiteBackend {
  readonly name: string;
  readonly mode: ProxyMode;
  readonly servers: readonly string[];
}

/** The first backend is the default; each other one is reached by a path of its name. */
export interface SiteFrontend {
  readonly name: string;
  readonly mode: ProxyMode;
  readonly backends: readonly SiteBackend[];
}

/** What the load balancers of the demo serve; a frontend named like its only backend is a `listen` section. */
export type Site = readonly SiteFrontend[];

export const defaultSize: SiteSize = { backends: 5, servers: 3 };
const largest: SiteSize = { backends: 2000, servers: 100 };

/** THE SITE, a row per backend; larger sites go on with tenants, five to a frontend. */
const named: readonly { frontend: string; backend: string; mode: ProxyMode }[] = [
  { frontend: 'www', backend: 'web', mode: 'http' },
  { frontend: 'www', backend: 'api', mode: 'http' },
  { frontend: 'www', backend: 'static', mode: 'http' },
  { frontend: 'admin', backend: 'office', mode: 'http' },
  { frontend: 'queue', backend: 'queue', mode: 'tcp' },
];

const tenantsPerFrontend = 5;

function rowAt(index: number): (typeof named)[number] {
  const tenant = index - named.length;
  const frontend = `tenants-${Math.floor(tenant / tenantsPerFrontend) + 1}`;
  return named[index] ?? { frontend, backend: `tenant-${tenant + 1}`, mode: 'http' };
}

/** Throws a RangeError that names the size when it is no whole number or out of bounds. */
export function siteOf(size: SiteSize): Site {
  for (const part of ['backends', 'servers'] as const) {
    const wanted = size[part];
    if (!Number.isInteger(wanted) || wanted < 1 || wanted > largest[part])
      throw new RangeError(`demo: ${part} must be a whole number from 1 to ${largest[part]}, not ${wanted}`);
  }
  const site = new Map<string, { name: string; mode: ProxyMode; backends: SiteBackend[] }>();
  for (let index = 0; index < size.backends; index++) {
    const { frontend, backend, mode } = rowAt(index);
    const servers = Array.from({ length: size.servers }, (_, server) => `${backend}-${server + 1}`);
    const group = site.get(frontend) ?? { name: frontend, mode, backends: [] };
    group.backends.push({ name: backend, mode, servers });
    site.set(frontend, group);
  }
  return [...site.values()];
}

export function isListen({ name, backends }: SiteFrontend): boolean {
  return backends.length === 1 && backends[0]?.name === name;
}

export function backendsOf(site: Site): readonly SiteBackend[] {
  return site.flatMap((frontend) => frontend.backends);
}
