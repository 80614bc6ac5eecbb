import fc from 'fast-check';
import { frameHead } from '../../../../test/support/frames';
import { merge, processText } from '../../../../test/support/merged-node';
import { ClusterMerger } from '../cluster/cluster-merger';
import type { Table, TableKind } from '../frame';

const header = '# pxname,svname,type,status,slim,weight,uweight,throttle,qlimit,src_ilim,rate_lim';

/** What a process prints: a row is `proxy/server` and cells by column. */
type Rows = Readonly<Record<string, Readonly<Record<string, number | string>>>>;

/** A node of one process for each of these. */
type Node = readonly Rows[];

const types: Readonly<Record<string, number>> = { FRONTEND: 0, BACKEND: 1 };

function statOf(rows: Rows): string {
  const lines = Object.entries(rows).map(([name, cells]) => {
    const [proxy, server = ''] = name.split('/');
    const type = types[server] ?? (server.startsWith('sock') ? 3 : 2);
    const all = { pxname: proxy, svname: server, type, status: 'UP', ...cells } as Record<
      string,
      string | number | undefined
    >;
    return header
      .slice(2)
      .split(',')
      .map((field) => String(all[field] ?? ''))
      .join();
  });
  return [header, ...lines, ''].join('\n');
}

const aggregating = { aggregatedServers: { excludedBackends: new Set<string>() } };

function tablesOf(node: Node): readonly Table[] {
  const processes = node.map((rows, i) => processText(statOf(rows), 'Tasks: 1\n', `/run/${i}`));
  return merge(processes, aggregating).tables;
}

/** `nodes` and `drift` of each row, as `proxy/server` has them in a table of the cluster. */
function compared(kind: TableKind, nodes: readonly Node[]): Record<string, [nodes: number, drift: number]> {
  const merger = new ClusterMerger();
  nodes.forEach((node, i) => merger.add({ head: frameHead({ node: `lb${i}` }), tables: tablesOf(node) }));
  const table = merger.take().tables.find((each) => each.kind === kind);
  const [counts, drift] = ['nodes', 'drift'].map((name) =>
    table?.columns.find(({ field }) => field === name),
  );
  return Object.fromEntries(
    (table?.proxies ?? []).map((proxy, row) => [
      `${proxy}/${table!.servers[row]!}`,
      [counts!.values[row]!, drift!.values[row]!],
    ]),
  );
}

const plain: Rows = {
  'fe/FRONTEND': { slim: 1000, rate_lim: 0 },
  'fe/sock-1': { slim: 500 },
  'be/BACKEND': { slim: 200, weight: 2 },
  'be/s1': { slim: 10, weight: 1, uweight: 1, qlimit: 5, src_ilim: 7 },
  'be/s2': { weight: 1, uweight: 1 },
};

function changed(name: string, cells: Rows[string]): Rows {
  return { ...plain, [name]: { ...plain[name], ...cells } };
}

function without(name: string): Rows {
  return Object.fromEntries(Object.entries(plain).filter(([each]) => each !== name));
}

const rowKinds: readonly TableKind[] = ['frontend', 'listener', 'backend', 'server', 'aggregated-server'];

describe('drift', () => {
  it('finds no drift where all nodes say the same, with more or fewer processes', () => {
    const nodes = [[plain], [plain, plain], [plain, plain, plain]];
    for (const kind of rowKinds)
      for (const found of Object.values(compared(kind, nodes))) expect(found).toEqual([3, 0]);
  });

  it.each<[TableKind, string]>([
    ['frontend', 'fe/FRONTEND'],
    ['listener', 'fe/sock-1'],
    ['backend', 'be/BACKEND'],
    ['server', 'be/s1'],
  ])('finds a %s that some nodes do not have: %s', (kind, name) => {
    const found = compared(kind, [[plain], [without(name)], [plain, plain]]);
    const key = name.replace(/\/[A-Z]+$/, '/');
    expect(found[key]).toEqual([2, 1]);
    for (const [other, each] of Object.entries(found)) if (other !== key) expect(each).toEqual([3, 0]);
  });

  it.each<[TableKind, string, Rows[string]]>([
    ['frontend', 'fe/FRONTEND', { slim: 999 }],
    ['frontend', 'fe/FRONTEND', { rate_lim: 5 }],
    ['listener', 'fe/sock-1', { slim: '' }],
    ['backend', 'be/BACKEND', { slim: 100 }],
    ['server', 'be/s1', { slim: 20 }],
    ['server', 'be/s1', { slim: '' }],
    ['server', 'be/s2', { slim: 20 }],
    ['server', 'be/s1', { qlimit: 6 }],
    ['server', 'be/s1', { src_ilim: 8 }],
    ['server', 'be/s1', { uweight: 2 }],
    ['server', 'be/s1', { uweight: '', weight: 2 }],
  ])('finds another weight or limit of a %s: %s %j', (kind, name, cells) => {
    const before = name === 'be/s1' && 'weight' in cells ? changed(name, { uweight: '' }) : plain;
    const other = changed(name, cells);
    const key = name.replace(/\/[A-Z]+$/, '/');
    const pairs = [
      [[before], [other]],
      [[other], [before, before]],
      [[before], [before], [other]],
    ];
    for (const nodes of pairs) expect(compared(kind, nodes)[key]).toEqual([nodes.length, 1]);
  });

  it('finds another weight or limit of a single process', () => {
    const node = [plain, changed('be/s1', { slim: 20 })];
    expect(compared('server', [node, [plain]])['be/s1']).toEqual([2, 1]);
    expect(compared('server', [[plain, plain], [plain]])['be/s1']).toEqual([2, 0]);
  });

  it.each<[TableKind, string, Rows[string]]>([
    ['backend', 'be/BACKEND', { weight: 1, uweight: 9 }],
    ['server', 'be/s1', { weight: 9, throttle: 50 }],
    ['server', 'be/s1', { uweight: '', weight: 9, throttle: 50 }],
    ['aggregated-server', 'be/s1', { weight: 9, uweight: 9, slim: 9 }],
  ])('is not led by what moves by itself, or is of several proxies: %s %s %j', (kind, name, cells) => {
    const found = compared(kind, [[plain], [changed(name, cells)]]);
    expect(Object.values(found).map(([, drift]) => drift)).not.toContain(1);
  });

  it('does not compare what a node does not print', () => {
    const merger = new ClusterMerger();
    const add = (node: string, tables: readonly Table[]) => merger.add({ head: frameHead({ node }), tables });
    const withoutLimits = ({ columns, ...table }: Table): Table => ({
      ...table,
      columns: columns.filter(({ field }) => field !== 'slim'),
    });
    add('lb1', tablesOf([plain]));
    add('lb2', tablesOf([plain]).map(withoutLimits));
    for (const { kind, columns } of merger.take().tables) {
      const drift = columns.find(({ field }) => field === 'drift');
      expect([...(drift?.values ?? [])].filter(Boolean)).toEqual([]);
      expect(drift === undefined).toBe(kind === 'daemon');
    }
  });

  it('is none where an old process says the same as the new one', () => {
    const texts = ['0', '1'].map((stopping) =>
      processText(statOf(plain), `Stopping: ${stopping}\n`, stopping),
    );
    const merger = new ClusterMerger();
    merger.add({ head: frameHead({ node: 'lb1' }), tables: merge(texts, aggregating).tables });
    merger.add({ head: frameHead({ node: 'lb2' }), tables: tablesOf([plain]) });
    for (const { columns } of merger.take().tables) {
      const drift = columns.find(({ field }) => field === 'drift');
      expect([...(drift?.values ?? [])].filter(Boolean)).toEqual([]);
    }
  });

  it('expects rows of those nodes only that gave any', () => {
    const merger = new ClusterMerger();
    merger.add({ head: frameHead({ node: 'lb1' }), tables: tablesOf([plain]) });
    const daemonOnly = tablesOf([plain]).filter(({ kind }) => kind === 'daemon');
    merger.add({ head: frameHead({ node: 'lb2' }), tables: daemonOnly });
    const servers = merger.take().tables.find(({ kind }) => kind === 'server')!;
    expect([...servers.columns.find(({ field }) => field === 'drift')!.values]).toEqual([0, 0]);
  });

  it('takes the table of a node in several parts', () => {
    const merger = new ClusterMerger();
    for (const node of ['lb1', 'lb2']) {
      const parts = ['be/s1', 'be/s2', 'be/s3'].slice(0, node === 'lb1' ? 3 : 2);
      for (const [part, name] of parts.entries())
        merger.add({ head: frameHead({ node }), tables: tablesOf([{ [name]: { slim: 5 } }]) }, part);
    }
    const servers = merger.take().tables.find(({ kind }) => kind === 'server')!;
    expect(servers.servers).toEqual(['s1', 's2', 's3']);
    expect([...servers.columns.find(({ field }) => field === 'drift')!.values]).toEqual([0, 0, 1]);
  });

  it('forgets a slot when it is merged', () => {
    const merger = new ClusterMerger();
    const driftAfter = (...nodes: readonly Rows[]) => {
      nodes.forEach((rows, i) =>
        merger.add({ head: frameHead({ node: `lb${i}` }), tables: tablesOf([rows]) }),
      );
      const servers = merger.take().tables.find(({ kind }) => kind === 'server')!;
      return [...servers.columns.find(({ field }) => field === 'drift')!.values];
    };
    expect(driftAfter(plain, changed('be/s1', { slim: 20 }))).toEqual([1, 0]);
    expect(driftAfter(changed('be/s1', { slim: 20 }), changed('be/s1', { slim: 20 }))).toEqual([0, 0]);
    expect(driftAfter(plain, without('be/s2'))).toEqual([0, 1]);
    expect(driftAfter(plain)).toEqual([0, 0]);
  });

  it('does not care for the order of the nodes', () => {
    const cell = fc.constantFrom('', 1, 2);
    const cells = fc.record({ slim: cell, weight: cell, uweight: cell, throttle: cell, qlimit: cell });
    const process = fc.dictionary(fc.constantFrom('be/s1', 'be/s2', 'bf/s1'), cells);
    const node = fc.array(process, { minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(fc.array(node, { minLength: 1, maxLength: 4 }), (nodes) => {
        expect(compared('server', nodes.toReversed())).toEqual(compared('server', nodes));
      }),
      { numRuns: 60 },
    );
  });
});
