import { loadConfig } from '../../../../test/support/load-config';

const rolesOf = (text: string, env = {}): readonly string[] =>
  loadConfig(text, { env }).settings.process.roles;

describe('the local store', () => {
  it('is a role by itself where a directory is named and roles are not', () => {
    expect(rolesOf('[local-store]\ndir = /srv/store\n')).toEqual(['node', 'graphite', 'local-store']);
    expect(rolesOf('', { HAPROXYSTATS_LOCAL_STORE_DIR: '/srv/store' })).toContain('local-store');
  });

  it('has the role of clusters beside it with Kafka, each where nothing is said of roles', () => {
    const kafka = '[kafka]\nbrokers = k:9092\n';
    expect(rolesOf(kafka)).toEqual(['node', 'cluster', 'graphite']);
    expect(rolesOf(`${kafka}[local-store]\ndir = /tmp/store\n`)).toEqual([
      'node',
      'cluster',
      'graphite',
      'local-store',
    ]);
    expect(rolesOf(`${kafka}[process]\nroles = node\n`)).toEqual(['node']);
  });

  it('is left to others where roles are written without it', () => {
    const store = '[local-store]\ndir = /srv/store\n';
    expect(rolesOf(`${store}[process]\nroles = node, graphite\n`)).toEqual(['node', 'graphite']);
    expect(rolesOf(store, { HAPROXYSTATS_PROCESS_ROLES: 'local-store' })).toEqual(['local-store']);
  });

  it('needs its section: a variable of the same name in [DEFAULT] switches nothing on', () => {
    const own = '[DEFAULT]\ndir = /srv\n[pull]\ndst-dir = ${dir}/incoming\n';
    const { settings, warnings } = loadConfig(own);
    expect(settings['local-store'].dir).toBeUndefined();
    expect(settings.process.roles).toEqual(['node', 'graphite']);
    expect(warnings).toEqual([]);
    expect(loadConfig(`${own}[local-store]\n`).settings['local-store'].dir).toBe('/srv');
  });

  it('has bounds of its own: a day, and 1 GiB', () => {
    const { settings } = loadConfig('[local-store]\ndir = /srv/store\n');
    expect(settings['local-store']).toEqual({
      dir: '/srv/store',
      retention: 86_400,
      'max-size': 1_073_741_824,
    });
  });

  it('without a directory is a warning, and a fault where its role is asked for', () => {
    const nothing = "section 'local-store' has no option 'dir': nothing is stored";
    expect(loadConfig('[pull]\n[local-store]\nretention = 60\n')).toMatchObject({
      faults: [],
      warnings: [`haproxystats.conf:2: ${nothing}`],
    });
    expect(loadConfig('[process]\nroles = node, local-store\n')).toMatchObject({
      faults: [
        "haproxystats.conf:2: option 'roles' in section 'process': role 'local-store' needs 'dir' in section 'local-store'",
      ],
      warnings: [],
    });
  });
});
