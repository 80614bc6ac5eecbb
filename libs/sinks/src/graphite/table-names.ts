import { recountServers, regroup, type Frame, type FrameHead, type Table } from '@haproxystats/metrics';
import type { Logger } from '@haproxystats/runtime';
import { toldName } from '../told-name';
import { processLabels, type ProcessLabel } from './process-labels';
import type { RowPaths } from './row-paths';
import type { SegmentCache } from './segment-cache';

/** Of how many paths it is remembered that they were told; those beyond are not told. */
const maxTold = 1_000;

export interface TableNamesOptions {
  readonly label: ProcessLabel;
  readonly segments: SegmentCache;
  readonly paths: RowPaths;
  readonly logger: Logger;
}

/** Sees to it that every row of a table has a path of its own. */
export class TableNames {
  readonly #told = new Set<string>();

  constructor(private readonly options: TableNamesOptions) {}

  /** Of a frame. The processes of a node get their labels; rows whose paths are the same are combined, which is said once. */
  named(table: Table, frame: Frame): Table {
    const { head } = frame;
    const { label } = this.options;
    const labelled =
      table.kind === 'process' && head.scope === 'node'
        ? { ...table, proxies: processLabels(table, head, label) }
        : table;
    return this.#united(labelled, frame);
  }

  #united(table: Table, { head, tables }: Frame): Table {
    if (!this.#canCollide(table)) return table;
    const pathOf = this.options.paths.plain(table);
    const paths = table.proxies.map((_, row) => pathOf(row));
    const rows = Map.groupBy(paths.keys(), (row) => paths[row]!);
    if (rows.size === paths.length) return table;
    for (const [path, sharing] of rows)
      if (sharing.length > 1) this.#tell(table, sharing, { path: path.slice(0, -1), head });
    const segmentOf = (name: string): string => this.options.segments.segmentOf(name);
    const united = regroup(table, (proxy, server) => ({
      proxy: segmentOf(proxy),
      server: segmentOf(server),
    }));
    const servers = tables.find(({ kind }) => kind === 'server');
    return table.kind === 'backend' && servers ? recountServers(united, servers, segmentOf) : united;
  }

  /** Names are different, but several may become the same segment. */
  #canCollide({ proxies, servers }: Table): boolean {
    const { segments } = this.options;
    for (const names of [proxies, servers]) {
      let last = '';
      for (const name of names) {
        if (name === last) continue;
        last = name;
        if (segments.isShared(segments.segmentOf(name))) return true;
      }
    }
    return false;
  }

  #tell(
    { proxies, servers }: Table,
    rows: readonly number[],
    { path, head }: { path: string; head: FrameHead },
  ): void {
    const { cluster, node } = head;
    const key = `${cluster}/${node} ${path}`;
    if (this.#told.has(key) || this.#told.size >= maxTold) return;
    this.#told.add(key);
    const names = rows.map((row) => [proxies[row], servers[row]].filter(Boolean).join('/'));
    this.options.logger.warn(
      { cluster, node, path, names },
      `${toldName(head)}: ${names.join(' and ')} have the same path in Graphite and are combined: ${path}. Rename one of them`,
    );
  }
}
