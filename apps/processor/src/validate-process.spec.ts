import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { entityKinds, fieldNamed, ruleOf, type EntityKind } from '@haproxystats/haproxy';
import { countersOf } from '@haproxystats/metrics';
import { loadConfig, type LoadedConfig } from '../../../test/support/load-config';
import { metricValidators, processValidators } from './validate-process';

let work: string;

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'validate-'));
});

afterAll(() => {
  rmSync(work, { recursive: true });
});

/** As haproxystats-process checks it, with directories of the test unless the text names some. */
function check(text: string, dir?: string): LoadedConfig {
  const filled = text.replaceAll('@WORK@', work);
  const own = filled.includes('-dir = ') ? {} : { HAPROXYSTATS_PATHS_BASE_DIR: work };
  return loadConfig(filled, {
    env: own,
    validators: processValidators,
    ...(dir === undefined ? {} : { dir }),
  });
}

const faultsOf = (text: string): string[] =>
  check(text).faults.map((fault) => fault.replaceAll(work, '@WORK@'));

const namespace = '[graphite]\ngroup-namespace = g\n';
const groups = '[backend-groups]\na = b\n';

/** Every way in which the original ends with status 1 before it does anything: what it says, and what we say to the same text. */
const refusals: readonly (readonly [original: string, text: string, ours: readonly string[]])[] = [
  [
    "section:'pull' option:'loglevel' error: invalid loglevel 'loud'",
    '[pull]\nloglevel = loud\n',
    [
      ":2: option 'loglevel' in section 'pull': invalid loglevel: 'loud' is none of debug, info, warning, error, critical",
    ],
  ],
  [
    "section:'process' option:'loglevel' error: invalid loglevel 'loud', by [DEFAULT]",
    '[DEFAULT]\nloglevel = loud\n',
    [
      ":2: option 'loglevel' in section 'DEFAULT': invalid loglevel: 'loud' is none of debug, info, warning, error, critical",
    ],
  ],
  [
    "invalid literal for int() with base 10: 'abc'",
    '[pull]\nretries = abc\n[graphite]\nport = 0x50\nqueue-size = 1.5\n',
    [
      ":2: option 'retries' in section 'pull': 'abc' is not an integer",
      ":4: option 'port' in section 'graphite': '0x50' is not an integer",
      ":5: option 'queue-size' in section 'graphite': '1.5' is not an integer",
    ],
  ],
  [
    "could not convert string to float: 'abc'",
    '[process]\nliveness-check-interval = abc\n[graphite]\ndelay = 1,5\n',
    [
      ":2: option 'liveness-check-interval' in section 'process': 'abc' is not a number",
      ":4: option 'delay' in section 'graphite': '1,5' is not a number",
    ],
  ],
  [
    'Not a boolean: maybe',
    '[process]\nper-process-metrics = maybe\n[graphite]\nfqdn =\n',
    [
      ":2: option 'per-process-metrics' in section 'process': 'maybe' is neither true nor false (nor yes, no, on, off, 1, 0)",
      ":4: no value for option 'fqdn' in section 'graphite'",
    ],
  ],
  [
    'the text of the parser, which names the section',
    '[graphite]\nport = ${ports:graphite}\nnamespace = a$b\n',
    [
      ":2: option 'port' in section 'graphite': reference '${ports:graphite}': there is no such option",
      ":3: option 'namespace' in section 'graphite': a '$' begins ${option} or ${section:option}; a plain one is written $$",
    ],
  ],
  [
    "you can set a value less than 1 for 'buffer-limit' option of 'pull'section",
    '[pull]\nbuffer-limit = 0\n',
    [":2: option 'buffer-limit' in section 'pull': 0 is too small, the least is 1"],
  ],
  [
    "no value for option 'socket-dir'",
    '[pull]\nsocket-dir =\n',
    [":2: no value for option 'socket-dir' in section 'pull'"],
  ],
  [
    "no value for option 'servers' in the section 'pull'",
    '[pull]\nservers =\n',
    [":2: no value for option 'servers' in section 'pull'"],
  ],
  [
    "invalid value for 'servers' option of 'pull' section",
    '[pull]\nservers = unix:///run/a.sock,\n',
    [":2: option 'servers' in section 'pull': an element is empty: is there a comma too many?"],
  ],
  [
    "failed to parse 'servers' option of 'pull' section, error:Invalid IPv6 URL",
    '[pull]\nservers = tcp://[::1:5\n',
    [
      ":2: option 'servers' in section 'pull': 'tcp://[::1:5' is not tcp://host:port: an IPv6 address stands in []",
    ],
  ],
  [
    'Port out of range 0-65535',
    '[pull]\nservers = tcp://h:70000\n',
    [":2: option 'servers' in section 'pull': port 70000 of 'tcp://h:70000' is out of range 1-65535"],
  ],
  [
    "only unix and tcp type of servers are supported set in 'servers' option of 'pull' section",
    '[pull]\nservers = http://h:5\n',
    [
      ":2: option 'servers' in section 'pull': only unix:// and tcp:// servers are supported, not 'http://h:5'",
    ],
  ],
  [
    "port is not set in 'servers' option of 'pull' section",
    '[pull]\nservers = tcp://h\n',
    [":2: option 'servers' in section 'pull': port is not set in 'tcp://h'"],
  ],
  [
    "port is not set in 'servers' option of 'pull' section, for port 0",
    '[pull]\nservers = tcp://h:0\n',
    [":2: option 'servers' in section 'pull': port is not set in 'tcp://h:0'"],
  ],
  [
    "path is not set in 'servers' option of 'pull' section",
    '[pull]\nservers = unix://\n',
    [":2: option 'servers' in section 'pull': path is not set in 'unix://', as in unix:///run/haproxy.sock"],
  ],
  [
    "section:'graphite' option:'group-namespace-double-writes' error: No option",
    `${namespace}${groups}`,
    [
      ":2: no value for option 'group-namespace-double-writes' in section 'graphite': 'group-namespace' needs it, true or false",
    ],
  ],
  [
    "section:'graphite' option:'group-namespace-double-writes' error: Not a boolean: maybe",
    `${namespace}group-namespace-double-writes = maybe\n${groups}`,
    [
      ":3: option 'group-namespace-double-writes' in section 'graphite': 'maybe' is neither true nor false (nor yes, no, on, off, 1, 0)",
    ],
  ],
  [
    "at least one of these sections should exist: {'frontend-groups', …}",
    `${namespace}group-namespace-double-writes = no\n`,
    [
      ":2: 'group-namespace' needs at least one of the sections [frontend-groups], [backend-groups], [server-groups]",
    ],
  ],
  [
    "no value for option 'group-namespace' in the section 'graphite'",
    groups,
    [":1: no value for option 'group-namespace' in section 'graphite': section 'backend-groups' needs it"],
  ],
  [
    "read and write access is not granted for 'D' directory, error:E",
    '[process]\nsrc-dir = @WORK@/file\nframes-dir = @WORK@/file/frames\n',
    [
      ":2: option 'src-dir' in section 'process': read and write access is not granted for directory '@WORK@/file': '@WORK@/file' is not a directory",
      ":3: option 'frames-dir' in section 'process': read and write access is not granted for directory '@WORK@/file/frames': it does not exist and cannot be made in '@WORK@/file': '@WORK@/file' is not a directory",
    ],
  ],
  [
    "section:'process' option:'frontend-metrics' error:'invalid list of metrics'",
    '[process]\nfrontend-metrics = scur stott\nbackend-metrics = qcur conn_tot\nserver-metrics = nothing_like_it SCUR\n',
    [
      ":2: option 'frontend-metrics' in section 'process': invalid list of metrics: frontends have no 'stott': did you mean 'stot'?",
      ":3: option 'backend-metrics' in section 'process': invalid list of metrics: backends have no 'conn_tot', only frontends and listeners have it",
      ":4: option 'server-metrics' in section 'process': invalid list of metrics: servers have no 'nothing_like_it': see METRICS.md for what they have; servers have no 'SCUR': did you mean 'scur'?",
    ],
  ],
  [
    "'invalid list of metrics', for two blanks, no value, and a line break",
    '[process]\nfrontend-metrics = scur  stot\nbackend-metrics =\nserver-metrics = scur\n  stot\n',
    [
      ":2: option 'frontend-metrics' in section 'process': invalid list: its words stand on one line with exactly one space between them",
      ":3: no value for option 'backend-metrics' in section 'process'",
      ":4: option 'server-metrics' in section 'process': invalid list: its words stand on one line with exactly one space between them",
    ],
  ],
  [
    'File contains no section headers',
    'retries = 1\n',
    [':1: no [section] above this line: what stands before the first one is lost'],
  ],
  [
    'Source contains parsing errors',
    '[pull]\nretries\n[process]\nworkers\n',
    [":2: neither a [section] nor an 'option = value'", ":4: neither a [section] nor an 'option = value'"],
  ],
  [
    'a traceback: section already exists',
    '[pull]\n[process]\n[pull]\n',
    [":3: section 'pull' stands here for the second time, it began on line 1"],
  ],
  [
    'a traceback: option already exists',
    '[pull]\nretries = 1\nRetries = 2\n',
    [":3: option 'retries' of section 'pull' is set for the second time, first on line 2"],
  ],
  [
    'a traceback: bad interpolation of src-dir',
    '[process]\nsrc-dir = ${base-dir}/incoming\nframes-dir = @WORK@\n',
    [":2: option 'src-dir' in section 'process': reference '${base-dir}': there is no such option"],
  ],
  [
    'a traceback: division by zero',
    '[pull]\npull-interval = 0\n',
    [":2: option 'pull-interval' in section 'pull': 0 is too small, the least is 1"],
  ],
  [
    'a traceback: no threads',
    '[pull]\nworkers = 0\n',
    [":2: option 'workers' in section 'pull': 0 is too small, the least is 1"],
  ],
  [
    'a worker that dies: a local store without a directory, where one is asked for',
    '[process]\nroles = node, graphite, local-store\n[local-store]\n',
    [":2: option 'roles' in section 'process': role 'local-store' needs 'dir' in section 'local-store'"],
  ],
];

describe('what the original refuses is refused, with file and line', () => {
  beforeAll(() => writeFileSync(join(work, 'file'), ''));

  it.each(refusals)('%s', (_, text, ours) => {
    expect(faultsOf(text)).toEqual(ours.map((fault) => `haproxystats.conf${fault}`));
  });

  it('a directory of -d that is not there', () => {
    const { faults } = check('', join(work, 'absent'));
    expect(faults).toEqual([`${work}/absent: there is no such directory: it should hold the *.conf files`]);
  });
});

describe('the directories', () => {
  it('that the processor can make need not be there, and are not made', () => {
    const before = readdirSync(work);
    const text = '[process]\nsrc-dir = @WORK@/a/b/c\n[local-store]\ndir = @WORK@/d/e\n';
    expect(faultsOf(text)).toEqual([]);
    expect(readdirSync(work)).toEqual(before);
  });

  it('of the logs do not matter where Kafka is the log', () => {
    const absent = '[process]\nsrc-dir = @WORK@/file/x\nframes-dir = @WORK@/file/y\n';
    writeFileSync(join(work, 'file'), '');
    expect(faultsOf(absent)).toHaveLength(2);
    expect(faultsOf(`${absent}[kafka]\nbrokers = k:9092\n`)).toEqual([]);
    expect(faultsOf(`${absent}roles = graphite\n`)).toHaveLength(1);
  });

  it('of a cluster are those of one process, which makes and sends what lies there', () => {
    const faults = (roles: string, more = '') =>
      faultsOf(`[process]\nroles = ${roles}\nsrc-dir = @WORK@/in\nframes-dir = @WORK@/f\n${more}`);
    expect(faults('node, cluster, graphite')).toEqual([]);
    expect(faults('cluster, graphite')).toEqual([
      "haproxystats.conf:2: option 'roles' in section 'process': without [kafka] brokers role 'cluster' needs 'node' beside it",
    ]);
    expect(faults('cluster', '[kafka]\nbrokers = k:9092\n')).toEqual([]);
    expect(faults('node, cluster, graphite', 'cluster-frames-dir = @WORK@/f\n')).toEqual([
      "haproxystats.conf:5: option 'cluster-frames-dir' in section 'process': '@WORK@/f' is 'frames-dir' as well: each log needs a directory of its own",
    ]);
  });

  it('of the two logs are not one', () => {
    expect(faultsOf('[process]\nsrc-dir = @WORK@/in\nframes-dir = @WORK@/in/\n')).toEqual([
      "haproxystats.conf:3: option 'frames-dir' in section 'process': '@WORK@/in/' is 'src-dir' as well: each log needs a directory of its own",
    ]);
  });
});

describe('the metrics', () => {
  const golden = resolve(__dirname, '../../../test/fixtures/golden');
  const configurations = globSync(['configs/*', '*/*/config.ini'], { cwd: golden });

  it('that configurations of the original choose are there', () => {
    expect(configurations.length).toBeGreaterThan(40);
    const refused = configurations.flatMap((name) => {
      const text = readFileSync(join(golden, name), 'utf8').replaceAll('@PORT@', '2003');
      return loadConfig(text, { validators: metricValidators }).faults.map((fault) => `${name}: ${fault}`);
    });
    expect(refused.map((fault) => fault.split(':')[0])).toEqual(['poison/c9_bad_group_regex/config.ini']);
  });

  it('of the original can be chosen with either semantics', () => {
    const lists =
      'frontend-metrics = comp_byp req_tot slim stot\nbackend-metrics = scur qcur hrsp_5xx weight rtime\nserver-metrics = lbtot slim throttle ctime\n';
    expect(faultsOf(`[process]\n${lists}`)).toEqual([]);
    expect(faultsOf(`[process]\nsemantics = classic\n${lists}`)).toEqual([]);
  });

  it('that only exact semantics know are named as such', () => {
    const text = 'backend-metrics = reuse\nlistener-metrics = scur\n';
    expect(faultsOf(`[process]\n${text}`)).toEqual([]);
    expect(faultsOf(`[process]\nsemantics = classic\n${text}`)).toEqual([
      "haproxystats.conf:3: option 'backend-metrics' in section 'process': invalid list of metrics: backends have no 'reuse' with 'semantics = classic', only with 'semantics = exact'",
      "haproxystats.conf:4: option 'listener-metrics' in section 'process': invalid list of metrics: with 'semantics = classic' there is nothing of listeners",
    ]);
  });

  it('that only calculate-percentages gives ask for it', () => {
    const text = 'frontend-metrics = scur cache_hit_pct\nserver-metrics = reuse_pct cache_hit_pct\n';
    expect(faultsOf(`[process]\n${text}`)).toEqual([
      "haproxystats.conf:2: option 'frontend-metrics' in section 'process': invalid list of metrics: frontends have 'cache_hit_pct' only with 'calculate-percentages = true'",
      "haproxystats.conf:3: option 'server-metrics' in section 'process': invalid list of metrics: servers have 'reuse_pct' only with 'calculate-percentages = true'; servers have no 'cache_hit_pct', only frontends and backends have it",
    ]);
    const wanted = 'calculate-percentages = true\nbackend-metrics = reuse_pct cache_hit_pct\n';
    expect(faultsOf(`[process]\n${wanted}`)).toEqual([]);
  });
});

describe('the rates and peaks', () => {
  it('are by default those of the counters of the original', () => {
    const isOfOriginal = (kind: EntityKind, name: string): boolean =>
      ruleOf(fieldNamed(kind, name)!, kind, 'classic') !== undefined;
    const names = entityKinds.flatMap((kind) => countersOf(kind).filter((name) => isOfOriginal(kind, name)));
    const { 'rate-fields': rates } = loadConfig('').settings.process;
    expect(rates.toSorted()).toEqual([...new Set(names)].toSorted());
  });

  it('are those of counters and gauges that there are', () => {
    expect(faultsOf('[process]\nrate-fields = none\npeak-fields = none\n')).toEqual([]);
    expect(faultsOf('[process]\nrate-fields = stot h2_data_rcvd CumReq\npeak-fields = rate\n')).toEqual([]);
    expect(faultsOf('[process]\nrate-fields = stott scur\n')).toEqual([
      "haproxystats.conf:2: option 'rate-fields' in section 'process': invalid list of counters: 'stott' is no counter: did you mean 'stot'?; 'scur' is no counter: see METRICS.md",
    ]);
  });

  it('can be chosen, and used in formulas, where they are there', () => {
    const text = [
      '[process]',
      'server-metrics = stot_rate scur_peak qcur_peak_min_sum',
      '[derived]',
      'ErrorRate = hrsp_5xx_rate / req_tot_rate * 100',
      '[server-derived]',
      'Busy = scur_peak_min / slim',
    ].join('\n');
    expect(faultsOf(text)).toEqual([]);
  });

  it('ask for the setting that gives them', () => {
    const text = [
      '[process]',
      'rate-fields = stot',
      'server-metrics = bin_rate rate_peak',
      '[derived]',
      'Odd = bin_rate + rate_peak',
    ].join('\n');
    expect(faultsOf(text)).toEqual([
      "haproxystats.conf:3: option 'server-metrics' in section 'process': invalid list of metrics: servers have 'bin_rate' only with 'rate-fields' or 'peak-fields' that name it; servers have 'rate_peak' only with 'rate-fields' or 'peak-fields' that name it",
      expect.stringContaining("'bin_rate' is there only with 'rate-fields = … bin' in section 'process'"),
    ]);
  });
});

describe('the formulas', () => {
  it('that can be computed are taken', () => {
    const text =
      '[derived]\nErrorRatio = hrsp_5xx / req_tot * 100\n[backend-derived]\nGood = 100 - ErrorRatio\n';
    expect(faultsOf(text)).toEqual([]);
  });

  it('that cannot are refused with their column, each at its line', () => {
    const text = [
      '[derived]',
      'Ratio = hrsp_5xx / req_totl',
      'scur = stot + 1',
      '[backend-derived]',
      'Good = 100 -',
      'Evil = import("fs")',
      'Fine = qcur + 1',
      'Least = mim(qcur, 1)',
      'Odd = nothing_like_it + scur',
    ].join('\n');
    const faults = faultsOf(text);
    expect(faults.map((fault) => fault.replace(/(column \d+|'scur' is).*/, '$1'))).toEqual([
      "haproxystats.conf:2: derived metric 'Ratio' in section 'derived': column 12",
      "haproxystats.conf:3: derived metric 'scur' in section 'derived': 'scur' is",
      "haproxystats.conf:5: derived metric 'Good' in section 'backend-derived': column 6",
      "haproxystats.conf:6: derived metric 'Evil' in section 'backend-derived': column 8",
      "haproxystats.conf:8: derived metric 'Least' in section 'backend-derived': column 1",
      "haproxystats.conf:9: derived metric 'Odd' in section 'backend-derived': column 1",
    ]);
    expect(faults.map((fault) => /; (did you mean .*)$/.exec(fault)?.[1])).toEqual([
      "did you mean 'req_tot'?",
      undefined,
      undefined,
      undefined,
      "did you mean 'min'?",
      undefined,
    ]);
  });

  it('that could be computed for nothing that is sent are refused', () => {
    const text = (process: string) => `[process]\n${process}\n[derived]\nBusy = CpuUsagePct / 100\n`;
    expect(faultsOf(text('semantics = classic'))).toEqual([
      "haproxystats.conf:4: derived metric 'Busy' in section 'derived': column 1: 'CpuUsagePct' is there for single processes only, which are not sent: set 'per-process-metrics = true' in section 'process'",
    ]);
    expect(faultsOf(text('semantics = classic\nper-process-metrics = true'))).toEqual([]);
    expect(faultsOf(text('semantics = exact'))).toEqual([]);
  });

  it('that want other settings name them', () => {
    expect(faultsOf('[derived]\nLeft = 100 - ConnPercentage\n')).toEqual([
      "haproxystats.conf:2: derived metric 'Left' in section 'derived': column 7: 'ConnPercentage': no metric of daemon, process, frontend, backend, server, aggregated-server, listener, frontend-group, backend-group, server-group; 'ConnPercentage' is there only with 'calculate-percentages = true' in section 'process'",
    ]);
  });

  it('are not called as a folder of the paths', () => {
    expect(faultsOf('[backend-derived]\nserver = scur + 1\n')).toEqual([
      "haproxystats.conf:2: derived metric 'server' in section 'backend-derived': 'server' is a folder in the paths of metrics: choose another name",
    ]);
  });
});
