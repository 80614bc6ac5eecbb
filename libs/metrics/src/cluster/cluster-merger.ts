import type { Frame, Table, TableKind } from '../frame';
import { entityOf } from '../frame';
import { recountServers } from '../total-servers';
import { ClusterTable } from './cluster-table';

/** What of a node's frame means something beyond the node: all but its single processes. */
const clusterKinds = (Object.keys(entityOf) as TableKind[]).filter((kind) => kind !== 'process');

/** What became of the nodes' frames. */
export interface MergedNodes {
  readonly tables: Table[];
  /** Sums beyond 2^53, where not every number is there. */
  readonly inexact: number;
  /** Rows and columns for which there was no room. */
  readonly lost: number;
}

/**
 * Merges the frames of the nodes of one cluster: rows of one kind and name become one. Sums are exact below 2^53, and do not depend on the
 * order of the nodes but in the last digit of numbers with a fraction. Remembers the rows of the nodes from slot to slot.
 */
export class ClusterMerger {
  readonly #tables: readonly ClusterTable[] = clusterKinds.map((kind) => new ClusterTable(kind));

  /** Nodes with rows of `show stat`. */
  readonly #nodes = new Set<string>();

  /** Adds a node's frame, or a part of one. */
  add({ head, tables }: Frame, part = 0): void {
    if (tables.some(({ kind }) => entityOf[kind] !== 'daemon')) this.#nodes.add(head.node);
    const source = `${head.node} ${part}`;
    for (const table of tables)
      this.#tables.find(({ kind }) => kind === table.kind)?.add(table, source, head);
  }

  /** All that was added, merged; nothing is left of it here. */
  take(): MergedNodes {
    const lost = this.#tables.reduce((sum, table) => sum + table.lost, 0);
    const tables = this.#tables
      .map((table) => table.take(this.#nodes.size))
      .filter(({ proxies }) => proxies.length > 0);
    this.#nodes.clear();
    const inexact = this.#tables.reduce((sum, table) => sum + table.inexact, 0);
    return { tables: withTotalServers(tables), inexact, lost };
  }
}

/** `TotalServers` counts what any node has. */
function withTotalServers(tables: Table[]): Table[] {
  const servers = tables.find(({ kind }) => kind === 'server');
  if (!servers) return tables;
  return tables.map((table) =>
    table.kind === 'backend' ? recountServers(table, servers, (proxy) => proxy) : table,
  );
}
