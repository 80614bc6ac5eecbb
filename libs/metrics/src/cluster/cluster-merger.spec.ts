import { column, textColumn } from '../../../../test/support/frame-column';
import { frameHead, tableOf } from '../../../../test/support/frames';
import { differ, type Column, type Frame, type Table } from '../frame';
import { ClusterMerger } from './cluster-merger';

function frameOf(node: string, ...tables: Table[]): Frame {
  return { head: frameHead({ node }), tables };
}

function cellsOf(table: Table, field: string): Record<string, number[]> {
  const columns = table.columns.filter((each) => each.field === field);
  return Object.fromEntries(columns.map(({ rule, part, values }) => [`${rule} ${part}`, [...values]]));
}

describe('ClusterMerger', () => {
  let merger: ClusterMerger;

  beforeEach(() => {
    merger = new ClusterMerger();
  });

  it('makes rows of one name one, in the order of their names, and counts their nodes', () => {
    merger.add(frameOf('b', tableOf('server', ['z/s', 'a/t'], [column('stot', 'sum', [1, 2])])));
    merger.add(frameOf('a', tableOf('server', ['a/t', 'a/s'], [column('stot', 'sum', [10, undefined])])));
    const [servers] = merger.take().tables;
    expect([servers!.proxies, servers!.servers]).toEqual([
      ['a', 'a', 'z'],
      ['s', 't', 's'],
    ]);
    expect(servers!.columns).toEqual([
      { ...column({ name: 'nodes', rule: 'sum' }, 'sum', [1, 2, 1]) },
      { ...column('stot', 'sum', [undefined, 12, 1]) },
      { ...column({ name: 'drift', rule: 'max' }, 'max', [1, 0, 1]) },
    ]);
  });

  it('puts the parts of one frame together, and leaves single processes to the node', () => {
    merger.add(frameOf('a', tableOf('frontend', ['f'], [column('stot', 'sum', [1])])), 0);
    merger.add(frameOf('a', tableOf('frontend', ['g'], [column('stot', 'sum', [2])])), 1);
    merger.add(frameOf('a', tableOf('process', ['/p'], [column('Pid', 'max', [2])])), 0);
    const { tables } = merger.take();
    expect(tables.map(({ kind, proxies }) => `${kind} ${proxies.join()}`)).toEqual(['frontend f,g']);
    expect(cellsOf(tables[0]!, 'nodes')).toEqual({ 'sum sum': [1, 1] });
  });

  it('combines a field whose rule over nodes is another one by what its processes were finished into', () => {
    const daemon = (nbproc: number, stopping: number) =>
      tableOf(
        'daemon',
        [''],
        [
          column('Nbproc', 'max', [nbproc]),
          column('Stopping', 'max', [stopping]),
          column('Pid', 'max', [4711]),
        ],
      );
    merger.add(frameOf('a', daemon(4, 1)));
    merger.add(frameOf('b', daemon(8, 0)));
    const [table] = merger.take().tables;
    expect(cellsOf(table!, 'Nbproc')).toEqual({ 'sum sum': [12] });
    expect(cellsOf(table!, 'Stopping')).toEqual({ 'sum sum': [1] });
    expect(cellsOf(table!, 'Pid')).toEqual({});
  });

  it('combines rates, and what the catalogue does not know, by the rules that they carry', () => {
    const columns = (n: number): Column[] => [
      column({ name: 'stot_rate', rule: 'rate' }, 'sum', [n]),
      column({ name: 'fresh', rule: 'minMax' }, 'min', [n]),
      column({ name: 'fresh', rule: 'minMax' }, 'max', [n]),
      { ...column({ name: 'h9', rule: 'bits' }, 'bits', [n]), module: true },
    ];
    merger.add(frameOf('a', tableOf('frontend', ['f'], columns(5))));
    merger.add(frameOf('b', tableOf('frontend', ['f'], columns(2))));
    const [table] = merger.take().tables;
    expect(cellsOf(table!, 'stot_rate')).toEqual({ 'rate sum': [7] });
    expect(cellsOf(table!, 'fresh')).toEqual({ 'minMax min': [2], 'minMax max': [5] });
    expect(table!.columns.find(({ field }) => field === 'h9')).toMatchObject({
      module: true,
      values: Float64Array.of(7),
    });
  });

  it('takes texts of the worst node, and those that agree; not those that tell nodes apart', () => {
    const of = (status: string, mode: string, name: string): Table => ({
      ...tableOf('backend', ['b'], [column('stot', 'sum', [1])]),
      texts: [textColumn('status', [status]), textColumn('mode', [mode]), textColumn('addr', [name])],
    });
    const daemon = (name: string): Table => ({
      ...tableOf('daemon', [''], [column('Tasks', 'sum', [1])]),
      texts: [textColumn('node', [name]), textColumn('Version', ['3.0'])],
    });
    merger.add(frameOf('a', of('UP', 'http', 'x'), daemon('a')));
    merger.add(frameOf('b', of('DOWN', 'http', 'y'), daemon('b')));
    const [daemons, backends] = merger.take().tables;
    const texts = backends!.texts.map(({ field, words, codes }) => [
      field,
      codes[0] === differ ? 'differ' : words[codes[0]! - 1],
    ]);
    expect(texts).toEqual([
      ['addr', 'differ'],
      ['mode', 'http'],
      ['status', 'DOWN'],
    ]);
    expect(daemons!.texts.map(({ field }) => field)).toEqual(['Version']);
  });

  it('counts the servers of a backend over all nodes, and not only of the one with the most', () => {
    const node = (...servers: string[]) => [
      tableOf('backend', ['b'], [column({ name: 'TotalServers', rule: 'max' }, 'max', [servers.length])]),
      tableOf(
        'server',
        servers.map((server) => `b/${server}`),
        [
          column(
            'stot',
            'sum',
            servers.map(() => 1),
          ),
        ],
      ),
    ];
    merger.add(frameOf('a', ...node('s', 't')));
    merger.add(frameOf('b', ...node('t', 'u')));
    const backends = merger.take().tables.find(({ kind }) => kind === 'backend');
    expect(cellsOf(backends!, 'TotalServers')).toEqual({ 'max max': [3] });
  });

  it('is exact up to 2^53, and counts what is beyond', () => {
    const half = 2 ** 52;
    const of = (cell: number) =>
      frameOf('n', tableOf('frontend', ['f', 'g'], [column('stot', 'sum', [cell, 1])]));
    merger.add(of(half - 1));
    merger.add(of(half));
    let merged = merger.take();
    expect([cellsOf(merged.tables[0]!, 'stot'), merged.inexact]).toEqual([
      { 'sum sum': [2 ** 53 - 1, 2] },
      0,
    ]);
    merger.add(of(2 ** 53));
    merger.add(of(1));
    merged = merger.take();
    expect(merged.inexact).toBe(1);
  });

  it('lets go of rows that are gone, not of those of a node that is away for a slot', () => {
    const of = (from: number, rows: number) =>
      frameOf(
        `n${from}`,
        tableOf(
          'frontend',
          Array.from({ length: rows }, (_, i) => `f${from + i}`),
          [
            column(
              'stot',
              'sum',
              Array.from({ length: rows }, () => 1),
            ),
          ],
        ),
      );
    for (let slot = 0; slot < 50; slot++) {
      merger.add(of(100 + slot * 100, 100));
      merger.add(of(0, 10));
      if (slot % 2) merger.add(of(10, 10));
      expect(merger.take().tables[0]!.proxies.length).toBe(slot % 2 ? 120 : 110);
    }
  });

  it('bounds columns that anybody could make up', () => {
    const columns = Array.from({ length: 3_000 }, (_, i) =>
      column({ name: `made${i}`, rule: 'sum' }, 'sum', [1]),
    );
    merger.add(frameOf('a', tableOf('frontend', ['f'], columns)));
    const { tables, lost } = merger.take();
    expect(tables[0]!.columns.length).toBe(2_048 + 1);
    expect(lost).toBe(953);
    merger.add(frameOf('a', tableOf('frontend', ['f'], [column('stot', 'sum', [1])])));
    expect(merger.take().tables[0]!.columns.map(({ field }) => field)).toEqual(['nodes', 'stot', 'drift']);
  });
});
