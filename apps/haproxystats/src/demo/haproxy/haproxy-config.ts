import { isListen, type Site, type SiteBackend, type SiteFrontend } from '../site';

/** Where the frontends listen and the servers answer, all on loopback, by name. */
export interface SitePorts {
  readonly frontends: ReadonlyMap<string, number>;
  readonly servers: ReadonlyMap<string, number>;
}

export interface HaproxyConfigOptions {
  readonly site: Site;
  readonly ports: SitePorts;
  readonly socket: string;
  /** Shown by `show info`. */
  readonly node: string;
}

/** What HAProxy answers itself with 403. */
export const deniedPath = '/private/';
/** What the checks of HTTP servers ask for. */
export const healthPath = '/health';

/** The path of a backend that is not the default one of its frontend. */
export const pathOf = (backend: string): string => `/${backend}/`;

/** The configuration of one process. The processes of a fleet differ in their sockets only and share the ports. */
export function haproxyConfig({ site, ports, socket, node }: HaproxyConfigOptions): string {
  const backends = site.filter((frontend) => !isListen(frontend)).flatMap((frontend) => frontend.backends);
  const sections = [
    globalSection(socket, node),
    defaultsSection,
    ...site.map((frontend) => frontendSection(frontend, ports)),
    ...backends.map((backend) => [`backend ${backend.name}`, ...backendLines(backend, ports)]),
  ];
  return sections
    .map(([head, ...lines]) => `${head}\n${lines.map((line) => `    ${line}\n`).join('')}`)
    .join('\n');
}

function globalSection(socket: string, node: string): readonly string[] {
  return [
    'global',
    `node ${node}`,
    'description haproxystats demo',
    'maxconn 200',
    'nbthread 1',
    `stats socket ${socket} mode 600 level user`,
  ];
}

const defaultsSection: readonly string[] = [
  'defaults',
  'timeout connect 2s',
  'timeout client 10s',
  'timeout server 10s',
  'timeout http-request 5s',
  'retries 2',
  'option redispatch',
  'default-server check inter 2s fall 2 rise 2',
];

function frontendSection(frontend: SiteFrontend, ports: SitePorts): readonly string[] {
  const [first, ...others] = frontend.backends;
  const listen = isListen(frontend);
  const bind = [`mode ${frontend.mode}`, `bind 127.0.0.1:${ports.frontends.get(frontend.name)!}`];
  const http = [
    `http-request deny if { path_beg ${deniedPath} }`,
    'compression algo gzip',
    'compression type text/html text/javascript',
    ...others.map(({ name }) => `use_backend ${name} if { path_beg ${pathOf(name)} }`),
  ];
  return [
    `${listen ? 'listen' : 'frontend'} ${frontend.name}`,
    ...bind,
    ...(frontend.mode === 'http' ? http : []),
    ...(listen ? backendLines(first!, ports) : [`default_backend ${first!.name}`]),
  ];
}

function backendLines({ mode, servers }: SiteBackend, ports: SitePorts): readonly string[] {
  return [
    `mode ${mode}`,
    'balance roundrobin',
    ...(mode === 'http' ? [`option httpchk GET ${healthPath}`] : []),
    ...servers.map((name) => `server ${name} 127.0.0.1:${ports.servers.get(name)!}`),
  ];
}
