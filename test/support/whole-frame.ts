import { isPresent, type Column, type Frame, type Table } from '@haproxystats/metrics';
import { column } from './frame-column';

/** The shards of one node or cluster and slot as the frame that they were cut from, its rows by name, and as complete as the least of them. */
export function wholeFrame(shards: readonly Frame[]): Frame {
  const tables = Map.groupBy(
    shards.flatMap((shard) => shard.tables),
    ({ kind }) => kind,
  );
  const [least] = shards.toSorted((a, b) => a.head.coverage.covered - b.head.coverage.covered);
  return { head: least!.head, tables: [...tables.values()].map(wholeTable) };
}

function wholeTable(tables: readonly Table[]): Table {
  const rows = tables
    .flatMap((table) =>
      table.proxies.map((proxy, row) => ({ table, row, proxy, server: table.servers[row]! })),
    )
    .sort((a, b) => (`${a.proxy}/${a.server}` < `${b.proxy}/${b.server}` ? -1 : 1));
  const kinds = new Map(
    tables.flatMap(({ columns }) => columns.map((each) => [`${each.field} ${each.part}`, each])),
  );
  const columns = [...kinds.values()].map(({ field, rule, part }) => {
    const isIt = (each: Column): boolean => each.field === field && each.part === part;
    return column(
      { name: field, rule },
      part,
      rows.map(({ table, row }) => {
        const own = table.columns.find(isIt);
        return own && isPresent(own, row) ? own.values[row] : undefined;
      }),
    );
  });
  return {
    kind: tables[0]!.kind,
    proxies: rows.map(({ proxy }) => proxy),
    servers: rows.map(({ server }) => server),
    columns,
    texts: [],
  };
}
