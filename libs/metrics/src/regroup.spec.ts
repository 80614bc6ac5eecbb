import { column, textColumn } from '../../../test/support/frame-column';
import { differ, type Table } from './frame';
import { mergeTables, regroup } from './regroup';

const servers: Table = {
  kind: 'server',
  proxies: ['a', 'a', 'b'],
  servers: ['x', 'y', 'x'],
  columns: [column('stot', 'sum', [1, undefined, 4]), column('smax', 'max', [7, 8, 9])],
  texts: [
    textColumn('check_status', ['L7STS', '', 'L7STS']),
    textColumn('last_chk', ['slow', 'stray', 'bad']),
    textColumn('addr', ['10.0.0.1', '10.0.0.2', '10.0.0.3']),
    textColumn('mode', ['http', '', 'http']),
  ],
};

describe('regroup', () => {
  it('combines rows of one name by the parts of their columns, and their texts', () => {
    const byName = regroup(servers, (_, server) => ({ proxy: '', server }));
    expect(byName).toEqual({
      kind: 'server',
      proxies: ['', ''],
      servers: ['x', 'y'],
      columns: [column('stot', 'sum', [5, undefined]), column('smax', 'max', [9, 8])],
      texts: [
        { field: 'check_status', words: ['L7STS'], codes: Uint16Array.of(1, 0) },
        { field: 'last_chk', words: ['slow', 'stray', 'bad'], codes: Uint16Array.of(3, 0) },
        { field: 'addr', words: ['10.0.0.1', '10.0.0.2', '10.0.0.3'], codes: Uint16Array.of(differ, 2) },
        { field: 'mode', words: ['http'], codes: Uint16Array.of(1, 0) },
      ],
    });
  });

  it('takes texts of checks that no result leads where all agree', () => {
    const texts = [textColumn('last_chk', ['slow', '', 'bad'])];
    const byName = regroup({ ...servers, texts }, (_, server) => ({ proxy: '', server }));
    expect([...byName.texts[0]!.codes]).toEqual([differ, 0]);
  });
});

describe('mergeTables', () => {
  it('keeps columns, texts and rows that only one of them has, and different rules apart', () => {
    const other: Table = {
      kind: 'server',
      proxies: ['a'],
      servers: ['x'],
      columns: [column({ name: 'stot', rule: 'max' }, 'max', [5])],
      texts: [textColumn('cookie', ['c'])],
    };
    const both = mergeTables(servers, other);
    expect(both.columns).toEqual([
      ...servers.columns,
      column({ name: 'stot', rule: 'max' }, 'max', [5, undefined, undefined]),
    ]);
    expect(both.texts.map(({ field }) => field)).toEqual([
      'check_status',
      'last_chk',
      'addr',
      'mode',
      'cookie',
    ]);
    expect([...both.texts[4]!.codes]).toEqual([1, 0, 0]);
  });

  it('leaves out texts for which there is no room', () => {
    const many = (prefix: string): Table => {
      const names = Array.from({ length: 40_000 }, (_, i) => `${prefix}${i}`);
      return {
        kind: 'server',
        proxies: names,
        servers: names,
        columns: [],
        texts: [textColumn('addr', names)],
      };
    };
    const { texts } = mergeTables(many('a'), many('b'));
    expect(texts[0]!.words.length).toBe(65_534);
    expect([...texts[0]!.codes.slice(65_533, 65_535)]).toEqual([65_534, 0]);
  });
});
