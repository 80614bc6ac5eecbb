import { classicLists, type Rule, type Semantics } from '@haproxystats/haproxy';
import type { TableKind } from './frame';
import { selectableMetrics, Selection, type MetricLists } from './selection';

interface Asked {
  readonly lists?: MetricLists;
  readonly modules?: boolean;
  readonly semantics?: Semantics;
  readonly rule?: Rule | 'derived';
  readonly module?: true;
}

function isWanted(table: TableKind, metric: string, asked: Asked = {}): boolean {
  const { lists = {}, modules = false, semantics = 'exact', rule = 'sum', module } = asked;
  const field = metric.replace(/_sum$/, '');
  const from = { rule: rule === 'derived' ? undefined : rule, module };
  return new Selection(lists, modules).wants({ name: metric, field, ...from }, { table, semantics });
}

describe('Selection', () => {
  describe('without lists', () => {
    it.each<[TableKind, string, boolean]>([
      ['frontend', 'stot', true],
      ['server', 'smax_sum', true],
      ['backend', 'TotalServers', true],
      ['listener', 'up', true],
      ['server', 'status_MAINT', true],
      ['aggregated-server', 'scur', true],
      ['daemon', 'Idle_pct', true],
      ['server', 'check_rise', false],
      ['frontend', 'h2_total_connections', false],
      ['frontend', 'column_of_tomorrow', true],
      ['frontend', 'quic_column_of_tomorrow', true],
    ])('of %s %s: %s', (table, metric, expected) => {
      expect(isWanted(table, metric)).toBe(expected);
    });

    it('the columns of modules come with their option', () => {
      expect(isWanted('frontend', 'h2_total_connections', { modules: true })).toBe(true);
      expect(isWanted('server', 'check_rise', { modules: true })).toBe(false);
    });

    it('an unknown column is one of a module where HAProxy prints it among those, whatever its name', () => {
      const module = true;
      expect(isWanted('frontend', 'column_of_tomorrow', { module })).toBe(false);
      expect(isWanted('frontend', 'column_of_tomorrow', { module, modules: true })).toBe(true);
      expect(isWanted('frontend', 'x', { module, lists: { frontend: ['x'] } })).toBe(true);
    });

    it('an unknown constant of the configuration comes only where it is named', () => {
      const rule = 'same';
      expect(isWanted('server', 'setting_of_tomorrow', { rule })).toBe(false);
      expect(isWanted('server', 'setting_of_tomorrow', { rule, module: true, modules: true })).toBe(false);
      const lists = { server: ['setting_of_tomorrow'] };
      expect(isWanted('server', 'setting_of_tomorrow', { rule, lists })).toBe(true);
    });
  });

  describe('with a list', () => {
    const lists = { server: ['smax', 'check_rise', 'rate_max_sum', 'up', 'ssl_sess', 'reuse_pct'] };

    it.each([
      ['smax', true],
      ['smax_sum', true],
      ['rate_max', false],
      ['rate_max_sum', true],
      ['check_rise', true],
      ['ssl_sess', true],
      ['up', true],
      ['reuse_pct', true],
      ['status_UP', false],
      ['scur', false],
      ['column_of_tomorrow', false],
    ])('only what it names is sent: %s %s', (metric, expected) => {
      expect(isWanted('server', metric, { lists, modules: true })).toBe(expected);
      expect(isWanted('aggregated-server', metric, { lists, modules: true })).toBe(expected);
    });

    it('it holds for its kind alone', () => {
      expect(isWanted('backend', 'scur', { lists })).toBe(true);
      expect(isWanted('server', 'scur', { lists: { server: undefined } })).toBe(true);
    });

    it('status stands for all that is computed from it', () => {
      const asked = { lists: { server: ['status'] } };
      expect(isWanted('server', 'up', asked)).toBe(true);
      expect(isWanted('server', 'status_DOWN', asked)).toBe(true);
    });

    it('what users derive comes all the same, of our own only what is named', () => {
      const asked = { lists: { server: ['scur'] }, rule: 'derived' } as const;
      expect(isWanted('server', 'ErrorRate', asked)).toBe(true);
      expect(isWanted('server', 'reuse_pct', asked)).toBe(false);
    });
  });

  describe('with a list and classic semantics', () => {
    it.each<[TableKind, string, boolean]>([
      ['backend', 'stot', true],
      ['backend', 'scur', false],
      ['backend', 'weight', true],
      ['backend', 'rtime', true],
      ['backend', 'TotalServers', true],
      ['server', 'throttle', true],
      ['frontend', 'scur', true],
    ])('the averages of %s come all the same: %s %s', (table, metric, expected) => {
      const asked = { lists: { backend: ['stot'], server: ['stot'] }, semantics: 'classic' } as const;
      expect(isWanted(table, metric, asked)).toBe(expected);
    });
  });
});

describe('selectableMetrics', () => {
  it('are, with classic semantics, exactly the lists of the original', () => {
    for (const kind of ['frontend', 'backend', 'server'] as const) {
      const names = classicLists.filter((list) => list.kind === kind).flatMap((list) => list.names);
      expect([...selectableMetrics(kind, 'classic')].sort()).toEqual(names.sort());
    }
    expect(selectableMetrics('listener', 'classic').size).toBe(0);
  });

  it('are fields and single metrics, also those that are sent only when named', () => {
    const names = selectableMetrics('server', 'exact');
    const some = [
      'smax',
      'smax_sum',
      'weight_mean',
      'check_rise',
      'ssl_sess',
      'up',
      'status',
      'status_MAINT',
    ];
    expect(some.filter((name) => !names.has(name))).toEqual([]);
    const others = [
      'pxname',
      'check_status',
      'iid',
      'TotalServers',
      'Maxconn',
      'agg_server_status',
      'conn_rate',
    ];
    expect(others.filter((name) => names.has(name))).toEqual([]);
  });

  it('are wanted when they are named, each of them', () => {
    for (const kind of ['frontend', 'backend', 'server', 'listener'] as const) {
      for (const name of selectableMetrics(kind, 'exact')) {
        if (name === 'status') continue;
        expect([name, isWanted(kind, name, { lists: { [kind]: [name] } })]).toEqual([name, true]);
      }
    }
  });
});
