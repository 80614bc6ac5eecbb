import fc from 'fast-check';
import { column, textColumn } from '../../../test/support/frame-column';
import { frameHead, tableOf } from '../../../test/support/frames';
import { isPresent, type Frame, type Table } from './frame';
import { isFirstShard, shardsOf, shardSuffix } from './shards';

/** The rows of tables as text: kind, name, numbers and texts. */
function rowsOf(tables: readonly Table[]): string[] {
  return tables.flatMap((table) =>
    table.proxies.map((proxy, row) => {
      const numbers = table.columns.map((each) => (isPresent(each, row) ? each.values[row] : '-'));
      const texts = table.texts.map(({ words, codes }) => words[codes[row]! - 1] ?? '-');
      return [table.kind, proxy, table.servers[row], ...numbers, ...texts].join(' ');
    }),
  );
}

const name = fc.stringMatching(/^[a-z._]{1,6}$/);
const row = fc.record({ proxy: name, server: name, stot: fc.option(fc.nat(), { nil: undefined }) });

function frameOf(rows: readonly { proxy: string; server: string; stot: number | undefined }[]): Frame {
  const columns = [
    column(
      'stot',
      'sum',
      rows.map(({ stot }) => stot),
    ),
  ];
  const names = rows.map(({ proxy, server }) => `${proxy}/${server}`);
  const texts = [
    textColumn(
      'addr',
      rows.map(({ server }) => (server.length > 3 ? server : '')),
    ),
  ];
  const one = [column('Tasks', 'sum', [1])];
  return {
    head: frameHead(),
    tables: [
      tableOf('daemon', ['daemon'], one),
      { ...tableOf('server', names, columns), texts },
      tableOf(
        'backend',
        rows.map(({ proxy }) => proxy),
        columns,
      ),
      tableOf('aggregated-server', names, columns),
      tableOf('process', ['/run/1'], one),
    ],
  };
}

/** In which shards the rows of each name are; a receiver takes '.' for '_'. */
function placesOf(frame: Frame, of: number): Map<string, Set<number>> {
  const rows = shardsOf(frame, of).flatMap(({ head, tables }) =>
    tables.flatMap(({ kind, proxies, servers }) =>
      proxies.map((proxy, i) => ({
        index: head.shard!.index,
        name: (kind === 'aggregated-server' ? `of all: ${servers[i]!}` : proxy).replaceAll('.', '_'),
      })),
    ),
  );
  const byName = Map.groupBy(rows, ({ name: each }) => each);
  return new Map([...byName].map(([each, all]) => [each, new Set(all.map(({ index }) => index))]));
}

describe('shardsOf', () => {
  it('is the frame itself where there is one', () => {
    const frame = frameOf([]);
    expect(shardsOf(frame, 1)).toEqual([frame]);
    expect([isFirstShard(frame.head), shardSuffix(frame.head)]).toEqual([true, '']);
  });

  it('has each row once, with its numbers and texts, and the whole head in each', () => {
    fc.assert(
      fc.property(fc.array(row), fc.integer({ min: 2, max: 9 }), (rows, of) => {
        const frame = frameOf(rows);
        const shards = shardsOf(frame, of);
        expect(rowsOf(shards.flatMap(({ tables }) => tables)).sort()).toEqual(rowsOf(frame.tables).sort());
        expect(shards.map(({ head }) => head)).toEqual(
          Array.from({ length: of }, (_, index) => ({ ...frame.head, shard: { index, of } })),
        );
        for (const { tables } of shards) for (const table of tables) expect(table.proxies).not.toEqual([]);
      }),
    );
  });

  it('has all of a proxy in one, whatever else there is, and with it what a receiver cannot tell from it', () => {
    fc.assert(
      fc.property(fc.array(row), fc.array(row), fc.integer({ min: 2, max: 9 }), (rows, others, of) => {
        const [alone, among] = [placesOf(frameOf(rows), of), placesOf(frameOf([...others, ...rows]), of)];
        for (const each of ['daemon', '/run/1']) expect(alone.get(each)).toEqual(new Set([0]));
        for (const [key, places] of alone) {
          expect(places.size).toBe(1);
          expect(among.get(key)).toEqual(places);
        }
      }),
    );
  });

  it('puts names where other versions of the program put them', () => {
    const names = ['web', 'app', 'static', 'api.v1', 'api_v1', 'be-42', 'Ωmega', ''];
    const frame = { head: frameHead(), tables: [tableOf('backend', names, [])] };
    const placed = shardsOf(frame, 4).map(({ tables }) => tables.flatMap(({ proxies }) => proxies));
    expect(placed).toMatchInlineSnapshot(`
     [
       [
         "app",
         "Ωmega",
       ],
       [
         "web",
         "api.v1",
         "api_v1",
         "be-42",
         "",
       ],
       [],
       [
         "static",
       ],
     ]
    `);
  });

  it('spreads names evenly', () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `backend-${i}`);
    const frame = { head: frameHead(), tables: [tableOf('backend', names, [])] };
    for (const { tables } of shardsOf(frame, 8))
      expect(Math.abs(tables[0]!.proxies.length - 1_250)).toBeLessThan(250);
  });
});
