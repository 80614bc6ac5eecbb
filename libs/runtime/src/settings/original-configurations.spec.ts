import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadConfig, type LoadedConfig } from '../../../../test/support/load-config';

const golden = resolve(__dirname, '../../../../test/fixtures/golden');

/** What users of the original have, what its recorded cases ran with, and what its worker dies of. */
const files = [
  ...readdirSync(join(golden, 'configs')).map((name) => `configs/${name}`),
  ...['cases', 'poison'].flatMap((folder) =>
    readdirSync(join(golden, folder)).map((name) => `${folder}/${name}/config.ini`),
  ),
].filter((name) => existsSync(join(golden, name)));

const refused = 'poison/c9_bad_group_regex/config.ini';

function load(name: string): LoadedConfig {
  const text = readFileSync(join(golden, name), 'utf8');
  const filled = { '@WORK@': '/srv/work', '@PORT@': '2003', '@CASE@': join(golden, name, '..') };
  return loadConfig(text.replace(/@(?:WORK|PORT|CASE)@/g, (word) => filled[word as keyof typeof filled]));
}

describe('a configuration of the original', () => {
  it('is there many times', () => {
    expect(files.filter((name) => name.startsWith('configs/'))).toHaveLength(3);
    expect(files.length).toBeGreaterThanOrEqual(3 + 36 + 7);
    expect(files).toContain(refused);
  });

  it.each(files.filter((name) => name !== refused))('starts: %s', (name) => {
    expect(load(name).faults).toEqual([]);
  });

  it('is refused with the reason where configparser itself refuses it', () => {
    expect(load(refused).faults).toEqual([
      "haproxystats.conf:19: group 'a' in section 'backend-groups': a '$' begins ${option} or ${section:option}; a plain one is written $$",
    ]);
  });

  it('gets one warning for each option that changes nothing', () => {
    const { settings, warnings } = load('configs/original-dev.conf');
    expect(warnings).toEqual([
      "haproxystats.conf:3: option 'retries' in section 'DEFAULT' has no effect: [pull] and [graphite] have values of their own, in the original as well",
      "haproxystats.conf:4: option 'timeout' in section 'DEFAULT' has no effect: [pull] and [graphite] have values of their own, in the original as well",
      "haproxystats.conf:5: option 'interval' in section 'DEFAULT' has no effect: [pull] and [graphite] have values of their own, in the original as well",
      "haproxystats.conf:18: option 'tmp-dst-dir' in section 'pull' has no effect: a poll is written into 'dst-dir' in one piece",
      "haproxystats.conf:19: option 'workers' in section 'pull' has no effect: one poll is one write, which needs no threads",
      "haproxystats.conf:23: option 'workers' in section 'process' has no effect: one process does the work; with '[kafka] brokers' start as many as you like",
      "haproxystats.conf:30: option 'retries' in section 'graphite' has no effect: it is tried until it succeeds; 'interval', 'backoff' and 'delay' say when",
      "haproxystats.conf:32: option 'timeout' in section 'graphite' has no effect: 'connect-timeout' and 'write-timeout' count, in the original as well",
      "haproxystats.conf:36: option 'prefix_hostname' in section 'graphite' is spelled 'prefix-hostname': taken as 'prefix-hostname'",
      "haproxystats.conf:38: option 'queue-size' in section 'graphite' has no effect: what is not delivered stays in the log",
    ]);
    expect(settings.process).toMatchObject({ 'calculate-percentages': true, 'per-process-metrics': true });
    expect(settings['local-store'].dir).toBe('/srv/haproxystats/var/lib/haproxystats/local-store');
    expect(settings.process.roles).toEqual(['node', 'graphite', 'local-store']);
  });

  it('keeps its groups, with lower-cased names; one with the name of an option of [DEFAULT] is ignored', () => {
    const { settings, warnings } = load('cases/17_groups_single/config.ini');
    const patterns = Object.values(settings.groups).map((groups) =>
      groups.map(({ name, pattern }) => [name, pattern]),
    );
    expect(patterns).toEqual([
      [
        ['tcp', '^fe_tcp$'],
        ['second', 'second'],
        ['never', '^x'],
      ],
      [
        ['dotted', 'example_com$'],
        ['app', '^be_app'],
        ['app2first', '^be_app2'],
      ],
      [['one', '1$']],
    ]);
    expect(warnings).toContain(
      "haproxystats.conf:30: group 'timeout' in section 'server-groups' is ignored: its name is that of an option of [DEFAULT]. Rename it",
    );
    expect(settings.groups['server-groups'][0]?.expression.test('srv1')).toBe(true);
  });

  it('keeps its selections and excludes', () => {
    const { process } = load('cases/19_metric_selection/config.ini').settings;
    expect(process).toMatchObject({
      'frontend-metrics': ['scur', 'stot'],
      'backend-metrics': ['scur', 'qcur', 'hrsp_5xx'],
      'server-metrics': ['lbtot', 'slim'],
      'listener-metrics': undefined,
    });
    const excludes = load('cases/15_excludes/config.ini').settings.process;
    expect(existsSync(excludes['exclude-backends']!)).toBe(true);
  });

  it('with a local store that names no directory stores nothing, with a warning', () => {
    const { settings, warnings } = load('poison/c8_local_store_without_dir/config.ini');
    expect(warnings).toContain(
      "haproxystats.conf:18: section 'local-store' has no option 'dir': nothing is stored",
    );
    expect(settings.process.roles).toEqual(['node', 'graphite']);
  });
});
