import type { Table } from '../frame';

/** Of one table; as many as a table of a node may have. */
const maxRows = 200_000;
/** Of nodes' parts whose layout is remembered. */
const maxLayouts = 20_000;

/** The rows of a table of a cluster that those of a node's table go to; -1 where there is no room. */
export type Layout = Int32Array;

type Names = Pick<Table, 'proxies' | 'servers'>;

/**
 * The rows of a table of a cluster, by their names. Which rows those of a node go to is remembered: they rarely change from slot to slot,
 * and are often the same for all nodes. The rows keep their numbers until `renumber`.
 */
export class ClusterRows {
  #proxies: string[] = [];
  #servers: string[] = [];
  /** By proxy, then server. */
  readonly #index = new Map<string, Map<string, number>>();
  readonly #layouts = new Map<string, Layout>();
  #last: Layout = new Int32Array(0);
  #isSorted = true;

  get size(): number {
    return this.#proxies.length;
  }

  /** Whether the rows stand in the order of their names. */
  get isSorted(): boolean {
    return this.#isSorted;
  }

  get names(): Names {
    return { proxies: this.#proxies, servers: this.#servers };
  }

  /** Where the rows of a part of a node's table go. */
  layoutOf(source: string, table: Names): Layout {
    const known = this.#layouts.get(source);
    if (known && this.#fits(known, table)) return known;
    const layout = this.#fits(this.#last, table) ? this.#last : this.#find(table);
    if (this.#layouts.size >= maxLayouts) this.#layouts.clear();
    this.#layouts.set(source, layout);
    this.#last = layout;
    return layout;
  }

  /** Gives these rows, and no others, the numbers from 0 on, in this order. */
  renumber(order: Int32Array): void {
    this.#proxies = Array.from(order, (row) => this.#proxies[row]!);
    this.#servers = Array.from(order, (row) => this.#servers[row]!);
    this.#layouts.clear();
    this.#last = new Int32Array(0);
    this.#index.clear();
    this.#proxies.forEach((proxy, row) => this.#serversOf(proxy).set(this.#servers[row]!, row));
    this.#isSorted = true;
  }

  #fits(layout: Layout, { proxies, servers }: Names): boolean {
    if (layout.length !== proxies.length) return false;
    for (let i = 0; i < layout.length; i++) {
      const row = layout[i]!;
      if (this.#servers[row] !== servers[i] || this.#proxies[row] !== proxies[i]) return false;
    }
    return true;
  }

  #find({ proxies, servers }: Names): Layout {
    return Int32Array.from(proxies, (proxy, i) => this.#rowOf(proxy, servers[i]!));
  }

  #rowOf(proxy: string, server: string): number {
    const rows = this.#serversOf(proxy);
    const known = rows.get(server);
    if (known !== undefined) return known;
    if (this.size >= maxRows) return -1;
    const row = this.#proxies.push(proxy) - 1;
    this.#servers.push(server);
    rows.set(server, row);
    this.#isSorted = false;
    return row;
  }

  #serversOf(proxy: string): Map<string, number> {
    let rows = this.#index.get(proxy);
    if (!rows) {
      rows = new Map();
      this.#index.set(proxy, rows);
    }
    return rows;
  }
}
