import type { FrameHead, TableKind } from '@haproxystats/metrics';
import { pathPrefix, type GraphiteNames } from '../../libs/sinks/src/graphite/graphite-names';
import { rowPaths } from '../../libs/sinks/src/graphite/row-paths';
import { code, renderTable } from './markdown';

const names: GraphiteNames = { namespace: 'NAMESPACE', prefixHostname: true, fqdn: true };

const head: Pick<FrameHead, 'scope' | 'cluster' | 'node'> = {
  scope: 'node',
  cluster: 'CLUSTER',
  node: 'HOST',
};

/** What a table is about, the names that stand in its paths, and what it takes to be sent. */
const tables: Readonly<Record<TableKind, { what: string; proxy: string; server: string; when: string }>> = {
  daemon: { what: 'all processes together', proxy: '', server: '', when: 'yes' },
  process: { what: 'each process', proxy: 'PROCESS', server: '', when: '`per-process-metrics`' },
  frontend: { what: 'a frontend', proxy: 'FRONTEND', server: '', when: 'yes' },
  listener: {
    what: 'a listener of a frontend',
    proxy: 'FRONTEND',
    server: 'LISTENER',
    when: 'where HAProxy prints it (`option socket-stats`); not with `classic`',
  },
  backend: { what: 'a backend', proxy: 'BACKEND', server: '', when: 'yes' },
  server: { what: 'a server of a backend', proxy: 'BACKEND', server: 'SERVER', when: 'yes' },
  'aggregated-server': {
    what: 'servers of one name in all backends',
    proxy: '',
    server: 'SERVER',
    when: '`aggr-server-metrics`',
  },
  'frontend-group': {
    what: 'the frontends of a group, added up',
    proxy: 'GROUP',
    server: '',
    when: '`[frontend-sums]`',
  },
  'backend-group': {
    what: 'the backends of a group, added up',
    proxy: 'GROUP',
    server: '',
    when: '`[backend-sums]`',
  },
  'server-group': {
    what: 'the servers of a group in all backends, added up',
    proxy: 'GROUP',
    server: '',
    when: '`[server-sums]`',
  },
};

export function renderPaths(): string {
  const prefix = pathPrefix(head, names);
  const rows = Object.entries(tables).map(([kind, { what, proxy, server, when }]) => {
    const path = rowPaths[kind as TableKind].path.replace('{proxy}', proxy).replace('{server}', server);
    return [what, code(`${prefix}${path}METRIC`), when];
  });
  return renderTable(
    ['of', 'path', 'sent'],
    [
      ...rows,
      ['how much the numbers stand for', code(`${prefix}coverage.METRIC`), 'not with `classic`'],
      ['the work on them', code(`${prefix}haproxystats.METRIC`), 'yes'],
    ],
  );
}

export function renderPrefixes(): string {
  const node = 'lb1.example.org';
  const prefixOf = (change: Partial<GraphiteNames>): string =>
    code(pathPrefix({ ...head, node }, { ...names, ...change }).slice(0, -1));
  return renderTable(
    ['setting', 'begin of the path'],
    [
      ['the defaults', prefixOf({})],
      ['`fqdn = false`', prefixOf({ fqdn: false })],
      ['`prefix-hostname = false`', prefixOf({ prefixHostname: false })],
    ],
  );
}

/** The begin of the paths of a cluster. */
export function clusterPrefix(cluster: string): string {
  return code(pathPrefix({ ...head, scope: 'cluster', cluster }, names).slice(0, -1));
}

/** Where the members of a group stand, by the section that names it. */
export function renderGroups(): string {
  const prefix = pathPrefix(head, names);
  const rows = Object.entries(rowPaths).flatMap(([kind, { path, group }]) => {
    if (!group) return [];
    const { proxy, server } = tables[kind as TableKind];
    const below = path.replace('{proxy}', proxy).replace('{server}', server);
    return [[code(`[${group.section}]`), code(`${prefix}GROUPS.GROUP.${below}METRIC`)]];
  });
  return renderTable(['section', 'path'], rows);
}
