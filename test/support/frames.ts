import type { Column, FrameHead, Table, TableKind } from '@haproxystats/metrics';

/** The head of a complete frame of one node. */
export function frameHead(change: Partial<FrameHead> = {}): FrameHead {
  return {
    scope: 'node',
    cluster: 'eu',
    node: 'lb1.example.com',
    slot: 1_700_000_010_000,
    intervalMs: 10_000,
    coverage: { covered: 1, expected: 1 },
    missing: [],
    semantics: 'exact',
    timings: { info: 0, parse: 0, frontend: 0, backend: 0, server: 0 },
    ...change,
  };
}

/** A table whose rows are called `proxy` or `proxy/server`; `/path` is the socket of a process. */
export function tableOf(kind: TableKind, rows: readonly string[], columns: readonly Column[]): Table {
  const cuts = rows.map((row) => (kind === 'process' ? -1 : row.indexOf('/')));
  return {
    kind,
    proxies: rows.map((row, i) => (cuts[i]! < 0 ? row : row.slice(0, cuts[i]))),
    servers: rows.map((row, i) => (cuts[i]! < 0 ? '' : row.slice(cuts[i]! + 1))),
    columns,
    texts: [],
  };
}
