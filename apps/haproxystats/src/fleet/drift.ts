import { isPresent, type Frame } from '@haproxystats/metrics';

/** Servers that stand on some nodes of a cluster only, or not on all of them in the same way. */
export interface Drift {
  readonly servers: number;
  /** `backend/server`; the first of them where there are many. */
  readonly names: readonly string[];
}

const field = 'drift';
const maxNames = 1_000;

/** What a frame says of it; undefined where it says nothing of it. */
export function driftIn({ tables }: Pick<Frame, 'tables'>): Drift | undefined {
  const columns = tables
    .filter(({ kind }) => kind === 'server')
    .flatMap((table) =>
      table.columns.filter((column) => column.field === field).map((column) => ({ table, column })),
    );
  if (columns.length === 0) return undefined;
  const drifting = new Set<string>();
  for (const { table, column } of columns) {
    for (const [row, proxy] of table.proxies.entries())
      if (isPresent(column, row) && column.values[row] !== 0) drifting.add(`${proxy}/${table.servers[row]!}`);
  }
  return { servers: drifting.size, names: [...drifting].slice(0, maxNames) };
}

/** Of all parts of a frame together; undefined where none says anything of it. */
export function driftOfAll(drifts: Iterable<Drift>): Drift | undefined {
  const all = [...drifts];
  if (all.length === 0) return undefined;
  const names = all.flatMap((each) => each.names).toSorted();
  return { servers: all.reduce((sum, { servers }) => sum + servers, 0), names: names.slice(0, maxNames) };
}
