import { column, textColumn } from '../../../../test/support/frame-column';
import { tableOf } from '../../../../test/support/frames';
import { merge, processText } from '../../../../test/support/merged-node';
import { finishTable } from '../finish';
import { isPresent, type Table } from '../frame';
import { groupTables, withGroups, type GroupedKind, type Grouping, type Memberships } from './groups';

/** Groups of those names that a pattern is found in. */
function groupsBy(patterns: Readonly<Record<string, RegExp>>): Memberships {
  const rows = Object.values(patterns);
  return {
    names: Object.keys(patterns),
    of: (members) =>
      members.map((name) => rows.flatMap((pattern, group) => (pattern.test(name) ? [group] : []))),
  };
}

const none = { frontends: new Set<string>(), backends: new Set<string>() };

function grouping(groups: Grouping['groups'], excludes: Partial<Grouping['excludes']> = {}): Grouping {
  return { groups, excludes: { ...none, ...excludes } };
}

/** The table of groups of a kind. */
function groupsIn(tables: readonly Table[], kind: GroupedKind): Table | undefined {
  return tables.find((table) => table.kind === groupTables[kind].kind);
}

describe('withGroups', () => {
  const servers = tableOf(
    'server',
    ['a/s1', 'a/s2', 'b/s1', 'c/t1'],
    [column('stot', 'sum', [1, 2, undefined, 8]), column('smax', 'max', [7, 9, 8, 1])],
  );

  it('adds up the servers whose names match, over all backends', () => {
    const tables = withGroups([servers], grouping({ server: groupsBy({ first: /1$/, all: /./, no: /x/ }) }));
    expect(tables[0]).toBe(servers);
    expect(tables.slice(1)).toEqual([
      {
        kind: 'server-group',
        proxies: ['first', 'all'],
        servers: ['', ''],
        columns: [column('stot', 'sum', [9, 11]), column('smax', 'max', [8, 9])],
        texts: [],
      },
    ]);
  });

  it('keeps the order of the groups, whatever the order of the rows', () => {
    const backends = tableOf('backend', ['y', 'x'], [column('stot', 'sum', [1, 2])]);
    const both = withGroups([backends], grouping({ backend: groupsBy({ xs: /x/, ys: /y/ }) }));
    expect(groupsIn(both, 'backend')).toMatchObject({ proxies: ['xs', 'ys'] });
    expect([...groupsIn(both, 'backend')!.columns[0]!.values]).toEqual([2, 1]);
  });

  it('takes texts from the worst member, and those on which all agree', () => {
    const texts = [
      textColumn('status', ['UP', 'DOWN', 'UP', 'MAINT']),
      textColumn('mode', ['http', '', 'http', '']),
    ];
    const tables = withGroups([{ ...servers, texts }], grouping({ server: groupsBy({ all: /./ }) }));
    const [status, mode] = groupsIn(tables, 'server')!.texts;
    expect(status!.words[status!.codes[0]! - 1]).toBe('DOWN');
    expect(mode!.words[mode!.codes[0]! - 1]).toBe('http');
  });

  it('leaves out excluded proxies, with the servers of excluded backends', () => {
    const groups = { server: groupsBy({ all: /./ }), frontend: groupsBy({ all: /./ }) };
    const frontends = tableOf('frontend', ['a.b', 'c'], [column('stot', 'sum', [1, 2])]);
    const excludes = { frontends: new Set(['a_b']), backends: new Set(['a', 'b']) };
    const tables = withGroups([frontends, servers], grouping(groups, excludes));
    expect([...groupsIn(tables, 'frontend')!.columns[0]!.values]).toEqual([2]);
    expect([...groupsIn(tables, 'server')!.columns[0]!.values]).toEqual([8]);
    const all = { frontends: new Set(['a_b', 'c']), backends: new Set(['a', 'b', 'c']) };
    expect(withGroups([frontends, servers], grouping(groups, all))).toEqual([frontends, servers]);
  });

  it('has no table where there are no groups, no members or nothing to group', () => {
    const listeners = tableOf('listener', ['a/l'], []);
    const some = grouping({ server: groupsBy({ no: /x/ }), backend: groupsBy({}) });
    expect(withGroups([servers, listeners], some)).toEqual([servers, listeners]);
    expect(withGroups([], grouping({ server: groupsBy({ all: /./ }) }))).toEqual([]);
  });

  it('says how many servers the backends of a group have together', () => {
    const stat = [
      '# pxname,svname,type,status,stot,act',
      ...['a,s1,2,UP,1,', 'a,s2,2,UP,1,', 'a,BACKEND,1,UP,2,2', 'b,s1,2,UP,5,', 'b,BACKEND,1,UP,5,1'],
      'c,BACKEND,1,DOWN,0,0',
    ].join('\n');
    const { tables } = merge([processText(`${stat}\n`), processText(`${stat}\n`, 'Tasks: 1\n', '/run/q')]);
    const all = withGroups(tables, grouping({ backend: groupsBy({ ab: /[ab]/, bc: /[bc]/, c: /c/ }) }));
    const { proxies, metrics } = finishTable(groupsIn(all, 'backend')!, 10_000);
    const rows = proxies.map((_, row) =>
      Object.fromEntries(
        metrics.filter((metric) => isPresent(metric, row)).map(({ name, values }) => [name, values[row]]),
      ),
    );
    expect(rows).toMatchObject([
      { TotalServers: 3, stot: 14, act: 1, act_max: 2, up: 1, status_UP: 4 },
      { TotalServers: 1, stot: 10, act: 0, act_max: 1, up: 0.5, status_UP: 2, status_DOWN: 2 },
      { TotalServers: 0, stot: 0, up: 0 },
    ]);
  });
});
