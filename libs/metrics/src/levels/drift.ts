import type { Part } from '@haproxystats/haproxy';
import { isPresent, presenceBytes, setPresent, type Column, type Table, type TableKind } from '../frame';

/** What the nodes of a cluster should agree on, besides having the row. */
interface Agreed {
  /** The first of these that a row has must be one value everywhere. */
  readonly weights: readonly Weight[];
  /** Each must be one value everywhere. */
  readonly limits: readonly string[];
}

interface Weight {
  readonly field: string;
  /** It says nothing of rows that have this. */
  readonly unless?: string;
}

/**
 * THE SETTINGS that drift is found in. The weight of a backend is that of its servers that are up, so it differs where nodes see
 * different servers; rows that stand for several proxies have many settings, and are compared by their presence alone.
 */
export const driftSettings: Readonly<Partial<Record<TableKind, Agreed>>> = {
  frontend: { weights: [], limits: ['slim', 'rate_lim'] },
  listener: { weights: [], limits: ['slim'] },
  backend: { weights: [], limits: ['slim'] },
  server: {
    // `weight` moves during the slow start of a server.
    weights: [{ field: 'uweight' }, { field: 'weight', unless: 'throttle' }],
    limits: ['slim', 'qlimit', 'src_ilim'],
  },
};

const nothing: Agreed = { weights: [], limits: [] };

/** How many nodes have a row. */
export const nodesField = 'nodes';

type Columns = readonly Column[];

/** Whether something of a row is not the same everywhere. */
type Differs = (row: number) => boolean;

/**
 * The column `drift` of a cluster's table, in which the nodes of each row are counted: 1 where not all nodes have the row, or where a
 * weight or limit is not the same for all of their processes, else 0. `nodesSeen`: how many nodes gave any rows of `show stat`.
 */
export function driftColumn({ kind, proxies, columns }: Table, nodesSeen: number): Column {
  const { weights, limits } = driftSettings[kind] ?? nothing;
  const differs = [
    ...differencesOfPresence(columns, nodesSeen),
    differenceOfWeights(columns, weights),
    ...limits.flatMap((field) => differencesOfLimit(columns, field)),
  ];
  const values = new Float64Array(proxies.length);
  const present = new Uint8Array(presenceBytes(proxies.length));
  for (let row = 0; row < values.length; row++) {
    values[row] = differs.some((isDifferent) => isDifferent(row)) ? 1 : 0;
    setPresent(present, row);
  }
  return { field: 'drift', rule: 'max', part: 'max', values, present };
}

function differencesOfPresence(columns: Columns, nodesSeen: number): Differs[] {
  const nodes = columnOf(columns, nodesField, 'sum');
  return nodes ? [(row) => nodes.values[row]! < nodesSeen] : [];
}

function differenceOfWeights(columns: Columns, weights: readonly Weight[]): Differs {
  const compared = weights.flatMap(({ field, unless }) => {
    const min = columnOf(columns, field, 'min');
    const max = columnOf(columns, field, 'max');
    return min && max ? [{ min, max, unless: unless && columnOf(columns, unless, 'min') }] : [];
  });
  return (row) => {
    const weight = compared.find(({ min }) => isPresent(min, row));
    if (!weight || (weight.unless && isPresent(weight.unless, row))) return false;
    return weight.min.values[row] !== weight.max.values[row];
  };
}

/** Of those that have one; and whether some have none. */
function differencesOfLimit(columns: Columns, field: string): Differs[] {
  const [min, max, unlimited] = (['min', 'max', 'unlimited'] as const).map((part) =>
    columnOf(columns, field, part),
  );
  if (!min || !max || !unlimited) return [];
  return [
    (row) => min.values[row] !== max.values[row] || (unlimited.values[row]! > 0 && max.values[row]! > 0),
  ];
}

function columnOf(columns: Columns, field: string, part: Part): Column | undefined {
  return columns.find((column) => column.field === field && column.part === part);
}
