import { presenceBytes, setPresent, isPresent, type Frame, type FrameHead, type Table } from './frame';

export const mostShards = 64;

/**
 * A frame as so many, cut by proxy: each with the whole head, and in each the same proxies of every node, with their servers and
 * listeners; also where it has none of them, for who merges nodes waits for one of each. What is about processes is in the first.
 */
export function shardsOf(frame: Frame, of: number): Frame[] {
  if (of === 1) return [frame];
  const cuts = frame.tables.map((table) => cut(table, of));
  return Array.from({ length: of }, (_, index) => ({
    head: { ...frame.head, shard: { index, of } },
    tables: cuts.flatMap((tables) => tables[index] ?? []),
  }));
}

/** The one that stands for all of them where something is said of the node or cluster, and not of its proxies. */
export function isFirstShard({ shard }: Pick<FrameHead, 'shard'>): boolean {
  return shard === undefined || shard.index === 0;
}

/** Tells the shards of one node or cluster apart; '' where there is one. */
export function shardSuffix({ shard }: Pick<FrameHead, 'shard'>): string {
  return shard === undefined ? '' : `#${shard.index}/${shard.of}`;
}

function cut(table: Table, of: number): (Table | undefined)[] {
  const { kind, proxies, servers } = table;
  if (kind === 'daemon' || kind === 'process') return [table];
  const names = kind === 'aggregated-server' ? servers : proxies;
  const rows = Array.from({ length: of }, (): number[] => []);
  let [name, shard] = ['', shardOf('', of)];
  for (let row = 0; row < names.length; row++) {
    if (names[row] !== name) [name, shard] = [names[row]!, shardOf(names[row]!, of)];
    rows[shard]!.push(row);
  }
  return rows.map((each) => (each.length > 0 ? rowsOfTable(table, each) : undefined));
}

const offsetBasis = 0x811c9dc5;
const prime = 0x01000193;

/** FNV-1a of the name as a receiver has it, which knows fewer letters: rows that it cannot tell apart stay together. */
function shardOf(name: string, of: number): number {
  let hash = offsetBasis;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ letterOf(name.charCodeAt(i)), prime);
  return (hash >>> 0) % of;
}

const underscore = 0x5f;

function letterOf(code: number): number {
  const isLetter = (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
  const isOther = (code >= 0x30 && code <= 0x39) || code === 0x3a || code === 0x2d;
  return isLetter || isOther ? code : underscore;
}

function rowsOfTable(table: Table, rows: readonly number[]): Table {
  return {
    kind: table.kind,
    proxies: rows.map((row) => table.proxies[row]!),
    servers: rows.map((row) => table.servers[row]!),
    columns: table.columns.map((column) => {
      const values = Float64Array.from(rows, (row) => column.values[row]!);
      const present = new Uint8Array(presenceBytes(rows.length));
      for (let i = 0; i < rows.length; i++) if (isPresent(column, rows[i]!)) setPresent(present, i);
      return { ...column, values, present };
    }),
    texts: table.texts.map((text) => ({ ...text, codes: Uint16Array.from(rows, (row) => text.codes[row]!) })),
  };
}
