import { tableOf } from '../../../../test/support/frames';
import type { TableKind } from '@haproxystats/metrics';
import { silentLogger } from '@haproxystats/runtime';
import type { GroupPaths } from './path-groups';
import { RowPaths } from './row-paths';
import { SegmentCache } from './segment-cache';

const group = (name: string, expression: RegExp) => ({ name, pattern: expression.source, expression });

const groups: GroupPaths['groups'] = {
  'frontend-groups': [group('web', /^www_/)],
  'backend-groups': [group('shop', /cart/), group('all.of them', /t$/)],
  'server-groups': [group('first', /^s1$/)],
};

function pathsOf(kind: TableKind, row: string, change?: Partial<GroupPaths>): string[] {
  const config = change && { namespace: 'by.group', doubleWrites: false, groups, ...change };
  return new RowPaths(new SegmentCache(), config, silentLogger).all(tableOf(kind, [row], []))(0);
}

describe('RowPaths', () => {
  it.each<[TableKind, string, string]>([
    ['daemon', '', 'daemon.'],
    ['process', 'a.sock', 'daemon.process.a_sock.'],
    ['frontend', 'www.example.com', 'frontend.www_example_com.'],
    ['listener', 'www/sock-1', 'frontend.www.listener.sock-1.'],
    ['backend', 'Böse namen', 'backend.B_se_namen.'],
    ['server', 'be/10.0.0.1:80', 'backend.be.server.10_0_0_1:80.'],
    ['aggregated-server', '/s1', 'server.s1.'],
    ['frontend-group', 'Web', 'group.Web.frontend.'],
    ['backend-group', 'shop', 'group.shop.backend.'],
    ['server-group', 'rack-1', 'group.rack-1.server.'],
  ])('a row of the table of %s, %s, stands at %s', (kind, row, path) => {
    expect(pathsOf(kind, row)).toEqual([path]);
  });

  it.each<[TableKind, string, string]>([
    ['frontend', 'www.a', 'by.group.web.frontend.www_a.'],
    ['listener', 'www.a/sock-1', 'by.group.web.frontend.www_a.listener.sock-1.'],
    ['backend', 'cart', 'by.group.shop.backend.cart.'],
    ['backend', 'rest', 'by.group.all.of_them.backend.rest.'],
    ['server', 'cart/s1', 'by.group.shop.backend.cart.server.s1.'],
    ['aggregated-server', '/s1', 'by.group.first.server.s1.'],
  ])('a row of the table of %s, %s, goes to the first group that matches: %s', (kind, row, path) => {
    expect(pathsOf(kind, row, {})).toEqual([path]);
    const plain = pathsOf(kind, row)[0]!;
    expect(pathsOf(kind, row, { doubleWrites: true })).toEqual([path, plain]);
  });

  it.each<[TableKind, string]>([
    ['frontend', 'api'],
    ['aggregated-server', '/s12'],
    ['daemon', ''],
    ['process', 'www_'],
    ['frontend-group', 'www_'],
    ['backend-group', 'cart'],
    ['server-group', 's1'],
  ])('a row of the table of %s, %s, is in no group', (kind, row) => {
    expect(pathsOf(kind, row, { doubleWrites: true })).toEqual(pathsOf(kind, row));
  });

  it('are others for groups that are added up than for members of groups, whatever these are called', () => {
    const names = ['group', 'frontend', 'backend', 'server', 'listener', 'scur'];
    const everywhere = names.map((name) => group(name, new RegExp(`^${name}$`)));
    const all = { 'frontend-groups': everywhere, 'backend-groups': everywhere, 'server-groups': everywhere };
    const namespaces = ['group', 'group.group', 'frontend', 'group.frontend'];
    const pathsIn = (kinds: readonly TableKind[], rows: readonly string[]): string[] =>
      namespaces.flatMap((namespace) =>
        kinds.flatMap((kind) =>
          rows.flatMap((row) => pathsOf(kind, row, { namespace, groups: all, doubleWrites: true })),
        ),
      );
    const pairs = names.flatMap((name) => names.map((other) => `${name}/${other}`));
    const members = new Set([
      ...pathsIn(['frontend', 'backend'], names),
      ...pathsIn(['server', 'listener', 'aggregated-server'], pairs),
    ]);
    const sums = new Set(pathsIn(['frontend-group', 'backend-group', 'server-group'], names));
    expect(sums.size).toBe(3 * names.length);
    expect([...members].filter((path) => sums.has(path))).toEqual([]);
  });

  it('looks for the group of a name once, as long as names are few', () => {
    let searches = 0;
    const expression = /^b/;
    expression.test = (name) => {
      searches++;
      return name === 'b';
    };
    const config = {
      namespace: 'g',
      doubleWrites: false,
      groups: { ...groups, 'backend-groups': [group('x', expression)] },
    };
    const paths = new RowPaths(new SegmentCache(), config, silentLogger).all(
      tableOf('backend', ['a', 'b', 'a', 'b'], []),
    );
    expect([0, 1, 2, 3].map((row) => paths(row)[0])).toEqual([
      'backend.a.',
      'g.x.backend.b.',
      'backend.a.',
      'g.x.backend.b.',
    ]);
    expect(searches).toBe(2);
  });
});
