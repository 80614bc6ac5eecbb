import fc from 'fast-check';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogLevel } from '../logger';
import type { Fault } from './fault';
import { loadSettings, type LoadedSettings, type LoadOptions } from './load-settings';
import { renderFaults } from './render';
import { settingsTable } from './table';

let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'settings-'));
});

afterAll(() => {
  rmSync(dir, { recursive: true });
});

function write(text: string | Uint8Array, name = 'haproxystats.conf'): string {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
}

function load(text: string, options: Omit<LoadOptions, 'file'> = {}): LoadedSettings {
  return loadSettings({ file: write(text), env: {}, hostname: 'lb1.example.com', ...options });
}

/** As an operator sees them, without the directory. */
function said(faults: readonly Fault[]): string[] {
  return renderFaults(faults).replaceAll(`${dir}/`, '').split('\n').slice(0, -1);
}

function faultsOf(text: string, options: Omit<LoadOptions, 'file'> = {}): string[] {
  return said(load(text, options).faults);
}

describe('defaults', () => {
  it('are those of the original, and its directories follow base-dir', () => {
    const { settings, faults, warnings } = load('[paths]\nbase-dir = /srv/hs\n');
    expect({ faults, warnings }).toEqual({ faults: [], warnings: [] });
    expect(settings.pull).toMatchObject({
      loglevel: 'info',
      node: 'lb1.example.com',
      'socket-dir': undefined,
      retries: 1,
      timeout: 0.1,
      'pull-timeout': 2,
      'pull-interval': 10,
      'dst-dir': '/srv/hs/incoming',
      'queue-size': 360,
      'reply-limit': 67_108_864,
      'status-port': 9311,
    });
    expect(settings.process).toMatchObject({
      roles: ['node', 'graphite'],
      'src-dir': '/srv/hs/incoming',
      'frames-dir': '/srv/hs/incoming.frames',
    });
    expect(settings.graphite).toMatchObject({ server: '127.0.0.1', port: 3002, fqdn: true, settle: 0.05 });
    expect(settings.groups).toEqual({ 'frontend-groups': [], 'backend-groups': [], 'server-groups': [] });
  });

  it('are used, with a warning, when the file does not exist', () => {
    const { settings, warnings, faults } = loadSettings({ file: join(dir, 'absent.conf'), env: {} });
    expect(faults).toEqual([]);
    expect(said(warnings)).toEqual(['absent.conf: there is no such file: the defaults are used']);
    expect(settings.graphite.port).toBe(3002);
  });

  it('of a section go before [DEFAULT], as in the original', () => {
    const { settings } = load('[DEFAULT]\nretries = 7\nloglevel = debug\nsocket-dir = /run/x\n');
    expect(settings.pull).toMatchObject({ retries: 1, loglevel: 'debug', 'socket-dir': '/run/x' });
    expect(settings.process.loglevel).toBe('debug');
  });
});

describe('the type of the settings', () => {
  it('follows the rows of the table', () => {
    const { settings } = load('[redis]\nurl = redis://h\n');
    const port: number = settings.graphite.port;
    const level: LogLevel = settings.pull.loglevel;
    const roles: readonly ('node' | 'cluster' | 'graphite' | 'local-store' | 'kafka' | 'events')[] =
      settings.process.roles;
    // @ts-expect-error a row without a default may be unset
    const url: string = settings.redis.url;
    expect([port, level, roles, url]).toEqual([3002, 'info', ['node', 'graphite'], 'redis://h']);
  });
});

describe('faults', () => {
  it('come all at once, by line', () => {
    const text = [
      'lost = 1',
      '[DEFAULT]',
      'loglevel = loud',
      '[pull]',
      'sokcet-dir = /run/haproxy',
      'retries = many',
      'timeout = 0.1s',
      'servers = tcp://h:70000',
      'status-port = 65536',
      'pull-interval = 0',
      'retries = 3',
      '[process]',
      'src-dir = ${paths:base}/incoming',
      'aggr-server-metrics = maybe',
      '[grahpite]',
      'port = 1',
      'what',
    ].join('\n');
    expect(faultsOf(text)).toEqual([
      'haproxystats.conf:1: no [section] above this line: what stands before the first one is lost',
      "haproxystats.conf:3: option 'loglevel' in section 'DEFAULT': invalid loglevel: 'loud' is none of debug, info, warning, error, critical",
      "haproxystats.conf:5: unknown option 'sokcet-dir' in section 'pull': did you mean 'socket-dir'?",
      "haproxystats.conf:6: option 'retries' in section 'pull': 'many' is not an integer",
      "haproxystats.conf:7: option 'timeout' in section 'pull': '0.1s' is not a number",
      "haproxystats.conf:8: option 'servers' in section 'pull': port 70000 of 'tcp://h:70000' is out of range 1-65535",
      "haproxystats.conf:9: option 'status-port' in section 'pull': 65536 is too large, the most is 65535",
      "haproxystats.conf:10: option 'pull-interval' in section 'pull': 0 is too small, the least is 1",
      "haproxystats.conf:11: option 'retries' of section 'pull' is set for the second time, first on line 6",
      "haproxystats.conf:13: option 'src-dir' in section 'process': reference '${paths:base}': there is no such option",
      "haproxystats.conf:14: option 'aggr-server-metrics' in section 'process': 'maybe' is neither true nor false (nor yes, no, on, off, 1, 0)",
      "haproxystats.conf:15: unknown section 'grahpite': did you mean 'graphite'?",
      "haproxystats.conf:17: neither a [section] nor an 'option = value'",
    ]);
  });

  it('leave defaults in the place of what is wrong', () => {
    const { settings } = load('[pull]\nretries = many\nnode = a b\n[process]\nsrc-dir = ${nosuch}\n');
    expect(settings.pull).toMatchObject({ retries: 1, node: 'lb1.example.com' });
    expect(settings.process['src-dir']).toBe('/var/lib/haproxystats/incoming');
  });

  it.each([
    ['[pull]\nsocket-dir =\n', ":2: no value for option 'socket-dir' in section 'pull'"],
    ['[pull]\nservers =\n', ":2: no value for option 'servers' in section 'pull'"],
    [
      '[pull]\nsocket-dir = /run\n  retries = 3\n',
      ":2: option 'socket-dir' in section 'pull': the value goes on over several lines: is the line behind it indented by mistake?",
    ],
    ['[pull]\nport = 1\n', ":2: unknown option 'port' in section 'pull': it belongs in [graphite]"],
    [
      '[pull]\nflavour = 1\n',
      ":2: unknown option 'flavour' in section 'pull': variables of your own belong in [DEFAULT] or [paths]",
    ],
    ['[mine]\nx = 1\n', ":1: unknown section 'mine': variables of your own belong in [DEFAULT] or [paths]"],
    [
      '[pull]\nbuffer-limit = 0\n',
      ":2: option 'buffer-limit' in section 'pull': 0 is too small, the least is 1",
    ],
    [
      '[process]\nroles = node, grpahite\n',
      ":2: option 'roles' in section 'process': 'grpahite' is none of node, cluster, graphite, local-store, kafka, events",
    ],
    [
      '[process]\nfrontend-metrics = scur  stot\n',
      ":2: option 'frontend-metrics' in section 'process': invalid list: its words stand on one line with exactly one space between them",
    ],
    ['[kafka]\nbrokers = k1:9092, k2\n', ":2: option 'brokers' in section 'kafka': 'k2' is not host:port"],
    [
      '[server-groups]\n',
      ":1: no value for option 'group-namespace' in section 'graphite': section 'server-groups' needs it",
    ],
    [
      '[graphite]\ngroup-namespace = g\n[frontend-groups]\na = b\n',
      ":2: no value for option 'group-namespace-double-writes' in section 'graphite': 'group-namespace' needs it, true or false",
    ],
    [
      '[graphite]\ngroup-namespace = g\ngroup-namespace-double-writes = no\n',
      ":2: 'group-namespace' needs at least one of the sections [frontend-groups], [backend-groups], [server-groups]",
    ],
    [
      '[graphite]\ngroup-namespace = g\ngroup-namespace-double-writes = no\n[frontend-groups]\nfoo = (?>a)\n',
      ":5: group 'foo' in section 'frontend-groups': pattern '(?>a)' can't be used: JavaScript knows no atomic group (?>…)",
    ],
    [
      '[graphite]\ngroup-namespace = g\ngroup-namespace-double-writes = no\n[server-groups]\nfoo = ^(\\w+_?)+$$\n',
      `:5: group 'foo' in section 'server-groups': pattern '^(\\w+_?)+$' can't be used: it does not come to an end within a second for the name '${'a'.repeat(40)}-': write it without a repetition inside a repetition, such as (a+)+`,
    ],
    ['[pull]\nsocket-dir = \ud800\ufffd\n', ':2: is not UTF-8 text'],
  ])('%j is refused', (text, message) => {
    expect(faultsOf(text)).toEqual([`haproxystats.conf${message}`]);
  });

  it('of a host name that is no name of a node are named, too', () => {
    expect(faultsOf('', { hostname: 'a/b' })).toEqual([
      "built-in default: option 'node' in section 'pull': 'a/b' must be made of letters, digits, '.', '_' and '-', 255 at most, and begin with no dot",
    ]);
  });

  it('in [DEFAULT] are named once, not for every section that inherits', () => {
    expect(faultsOf('[DEFAULT]\ntimeout = soon\nloglevel = x\n')).toHaveLength(2);
  });

  it('never quote a password', () => {
    const bad = faultsOf('[redis]\nurl = http://:s3cret@host\n').concat(
      faultsOf('[redis]\nurl = redis://:s3cret${s3cret}@host\n'),
      faultsOf('', { env: { HAPROXYSTATS_REDIS_URL: 'redis//:s3cret@host' } }),
    );
    expect(bad).toHaveLength(3);
    expect(bad.join()).not.toContain('s3cret');
  });

  it('name a file or directory that cannot be read', () => {
    const folder = join(dir, 'folder.conf');
    mkdirSync(folder);
    const { faults } = loadSettings({ file: folder, dir: join(dir, 'absent'), env: {} });
    expect(said(faults)).toEqual([
      'absent: there is no such directory: it should hold the *.conf files',
      'folder.conf: cannot be read: EISDIR: illegal operation on a directory, read',
    ]);
  });
});

describe('what is not a fault', () => {
  const host = 'relay.lb1.example.com';
  const own =
    '[DEFAULT]\ntop = /a\nunused = 5$\n[paths]\nrun = ${top}/run\n[pull]\nsocket-dir = ${paths:run}\n';

  it.each([
    [
      'a pull-timeout below 1, which means just that',
      '[pull]\npull-timeout = 0.5\n',
      { 'pull-timeout': 0.5 },
    ],
    ['-1, which means for ever', '[pull]\nretries = -1\n', { retries: -1 }],
    ['a status port 0, which means any', '[pull]\nstatus-port = 0\n', { 'status-port': 0 }],
    ['numbers as Python writes them', '[pull]\nqueue-size = 1_000\n', { 'queue-size': 1000 }],
    ['levels of logging in any case', '[pull]\nloglevel = WARN\n', { loglevel: 'warning' }],
    ['a reference to the host name', '[pull]\nnode = relay.${host:name}\n', { node: host }],
    ['own variables in [DEFAULT] and [paths]', own, { 'socket-dir': '/a/run' }],
  ])('%s', (_name, text, expected) => {
    const { settings, faults } = load(text);
    expect(faults).toEqual([]);
    expect(settings.pull).toMatchObject(expected);
  });

  it('a misspelling that was published, which yields to the right spelling', () => {
    const { settings, warnings } = load('[graphite]\nprefix-name = yes\nprefix-hostname = no\n');
    expect(settings.graphite['prefix-hostname']).toBe(false);
    expect(said(warnings)).toEqual([
      "haproxystats.conf:2: option 'prefix-name' in section 'graphite' is spelled 'prefix-hostname': it is ignored",
    ]);
  });
});

describe('layers', () => {
  const confDir = (): string => join(dir, 'conf.d');

  beforeAll(() => {
    mkdirSync(confDir());
    write('[pull]\nretries = 3\nnode = three\n', 'conf.d/20-b.conf');
    write('[pull]\nretries = 2\nnode = two\ninterval = 2\n', 'conf.d/10-a.conf');
    write('[pull]\nretries = 9\n', 'conf.d/ignored.txt');
    write('[pull]\nretries = 9\n', 'conf.d/.hidden.conf');
  });

  it('are the file, the directory by name, the environment', () => {
    const env = { HAPROXYSTATS_PULL_NODE: 'four', PATH: '/bin' };
    const { settings, faults } = load('[pull]\nretries = 1\ninterval = 1\ntimeout = 1\n', {
      dir: confDir(),
      env,
    });
    expect(faults).toEqual([]);
    expect(settings.pull).toMatchObject({ timeout: 1, interval: 2, retries: 3, node: 'four' });
  });

  it('keep the place of each value', () => {
    const env = { HAPROXYSTATS_GRAPHITE_PORT: 'x', HAPROXYSTATS_PULL_SOKCET_DIR: '/run' };
    const broken = write('[pull]\ntimeout = x\n', 'conf.d/30-c.conf');
    const { faults } = load('[pull]\nretries = x\ninterval = x\n', { dir: confDir(), env });
    rmSync(broken);
    expect(said(faults).map((line) => line.replace(/: .*/, ''))).toEqual([
      'conf.d/30-c.conf:2',
      'HAPROXYSTATS_GRAPHITE_PORT',
      'HAPROXYSTATS_PULL_SOKCET_DIR',
    ]);
    expect(said(faults)[2]).toContain('did you mean HAPROXYSTATS_PULL_SOCKET_DIR?');
  });

  it('take words of a list in any case, as the table has them', () => {
    const { settings, faults } = load('[process]\npeak-fields = connrate SCUR SslRate\n');
    expect([faults, settings.process['peak-fields']]).toEqual([[], ['ConnRate', 'scur', 'SslRate']]);
  });

  it('take values of the environment as they are, and empty ones as not set', () => {
    const env = { HAPROXYSTATS_GRAPHITE_SERVER: 'a${b}$', HAPROXYSTATS_KAFKA_BROKERS: '' };
    const { settings, faults } = load('[kafka]\nbrokers = k:1\n', { env });
    expect(faults).toEqual([]);
    expect(settings.graphite.server).toBe('a${b}$');
    expect(settings.kafka.brokers).toEqual(['k:1']);
  });

  it('overlook what Kubernetes adds for a service of our name', () => {
    const env = {
      HAPROXYSTATS_SERVICE_HOST: '10.0.0.1',
      HAPROXYSTATS_PULL_SERVICE_PORT_STATUS: '9311',
      HAPROXYSTATS_PULL_PORT: 'tcp://10.0.0.1:9311',
      HAPROXYSTATS_PULL_PORT_9311_TCP_ADDR: '10.0.0.1',
      HAPROXYSTATS_GRAPHITE_PORT: 'tcp://10.0.0.1:2003',
    };
    const { settings, faults } = load('', { env });
    expect(faults).toEqual([]);
    expect(settings.graphite.port).toBe(3002);
  });
});

describe('servers', () => {
  const servers = (text: string) => load(`[pull]\nservers = ${text}\n`);

  it('are UNIX sockets and TCP addresses, each once', () => {
    const { settings } = servers('unix:///run/a.sock,\n  tcp://Host:5, tcp://[fe80::1]:6,unix:///run/a.sock');
    expect(settings.pull.servers).toEqual([
      { kind: 'unix', path: '/run/a.sock' },
      { kind: 'tcp', host: 'host', port: 5 },
      { kind: 'tcp', host: 'fe80::1', port: 6 },
    ]);
  });

  it.each([
    ['unix://', "path is not set in 'unix://', as in unix:///run/haproxy.sock"],
    ['unix://run/a', "path is not set in 'unix://run/a', as in unix:///run/haproxy.sock"],
    ['tcp://host', "port is not set in 'tcp://host'"],
    ['tcp://host:0', "port is not set in 'tcp://host:0'"],
    ['tcp://:5', "host is not set in 'tcp://:5'"],
    ['tcp://fe80::1:5', "'tcp://fe80::1:5' is not tcp://host:port: an IPv6 address stands in []"],
    ['udp://host:5', "only unix:// and tcp:// servers are supported, not 'udp://host:5'"],
    ['/run/a.sock', "only unix:// and tcp:// servers are supported, not '/run/a.sock'"],
    ['unix:///a,', 'an element is empty: is there a comma too many?'],
  ])('%s is refused', (text, reason) => {
    expect(said(servers(text).faults)).toEqual([
      `haproxystats.conf:2: option 'servers' in section 'pull': ${reason}`,
    ]);
  });
});

describe('whatever a file holds', () => {
  const sections = [...new Set(settingsTable.map(({ section }) => section)), 'derived', 'backend-groups'];
  const keys = [...new Set(settingsTable.map(({ key }) => key)), 'Own', 'a.b', ''];
  const pieces = [
    '\n',
    '\r\n',
    '\r',
    ' ',
    '\t',
    '=',
    ':',
    '$',
    '${',
    '}',
    '$$',
    '[',
    ']',
    '#',
    ';',
    '%',
    ',',
    '(',
    '(?',
    '*',
    '\\',
  ];
  const soup = fc
    .array(
      fc.oneof(
        fc.constantFrom(...sections).map((name) => `\n[${name}]\n`),
        fc.constantFrom(...keys).map((key) => `\n${key} = `),
        fc.constantFrom(...keys).map((key) => `\${paths:${key}}`),
        fc.constantFrom(...pieces),
        fc.string({ unit: 'binary', maxLength: 8 }),
        fc.double().map(String),
      ),
      { maxLength: 60 },
    )
    .map((all) => all.join(''));

  it.each<[string, fc.Arbitrary<string | Uint8Array>]>([
    ['text', soup],
    ['bytes', fc.uint8Array({ maxLength: 200 })],
  ])('%s is read without a throw, and every fault has its place', (_, content) => {
    fc.assert(
      fc.property(content, (written) => {
        const file = write(written);
        const lines = readFileSync(file, 'utf8').split(/\r\n|\r|\n/).length;
        const { faults, warnings } = loadSettings({ file, env: {}, hostname: 'lb1' });
        for (const { file: named, line, message } of [...faults, ...warnings]) {
          expect(named).toBe(file);
          expect(line).toBeGreaterThan(0);
          expect(line).toBeLessThanOrEqual(lines);
          expect(message).not.toBe('');
        }
      }),
      { numRuns: 300 },
    );
  });
});
