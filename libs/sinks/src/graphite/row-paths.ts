import type { TableKind } from '@haproxystats/metrics';
import type { Logger } from '@haproxystats/runtime';
import { GroupFinder, type GroupPaths, type GroupSection } from './path-groups';
import type { SegmentCache } from './segment-cache';

type RowName = 'proxy' | 'server';

export interface RowPath {
  /** Below the prefix; `{proxy}` and `{server}` stand for the names of the row. */
  readonly path: string;
  /** By the groups of which section, and by which of its names, a row is grouped. */
  readonly group?: { readonly section: GroupSection; readonly by: RowName };
}

/** THE PATHS: where the metrics of a row stand below the prefix. */
export const rowPaths: Readonly<Record<TableKind, RowPath>> = {
  daemon: { path: 'daemon.' },
  process: { path: 'daemon.process.{proxy}.' },
  frontend: { path: 'frontend.{proxy}.', group: { section: 'frontend-groups', by: 'proxy' } },
  listener: {
    path: 'frontend.{proxy}.listener.{server}.',
    group: { section: 'frontend-groups', by: 'proxy' },
  },
  backend: { path: 'backend.{proxy}.', group: { section: 'backend-groups', by: 'proxy' } },
  server: {
    path: 'backend.{proxy}.server.{server}.',
    group: { section: 'backend-groups', by: 'proxy' },
  },
  'aggregated-server': { path: 'server.{server}.', group: { section: 'server-groups', by: 'server' } },
  'frontend-group': { path: 'group.{proxy}.frontend.' },
  'backend-group': { path: 'group.{proxy}.backend.' },
  'server-group': { path: 'group.{proxy}.server.' },
};

/** A table, as far as its rows are named. */
export interface NamedRows {
  readonly kind: TableKind;
  readonly proxies: readonly string[];
  readonly servers: readonly string[];
}

interface Piece {
  readonly name: RowName;
  readonly behind: string;
}

/** Writes the paths of rows. */
export class RowPaths {
  /** By section; none without groups. */
  readonly #finders: ReadonlyMap<GroupSection, GroupFinder>;
  readonly #doubleWrites: boolean;

  constructor(
    private readonly segments: SegmentCache,
    groups: GroupPaths | undefined,
    logger: Logger,
  ) {
    const sections = Object.keys(groups?.groups ?? {}) as GroupSection[];
    this.#finders = new Map(sections.map((section) => [section, new GroupFinder(section, groups!, logger)]));
    this.#doubleWrites = groups?.doubleWrites ?? false;
  }

  /** The path of each row of a table, groups aside; ends in a dot. */
  plain({ kind, proxies, servers }: NamedRows): (row: number) => string {
    const { begin, pieces } = piecesOf(rowPaths[kind].path);
    const names = { proxy: proxies, server: servers };
    return (row) => {
      let path = begin;
      for (const { name, behind } of pieces) path += this.segments.segmentOf(names[name][row]!) + behind;
      return path;
    };
  }

  /** All paths of each row: that of its group first. */
  all(table: NamedRows): (row: number) => string[] {
    const plain = this.plain(table);
    const { group } = rowPaths[table.kind];
    const finder = group && this.#finders.get(group.section);
    if (!finder) return (row) => [plain(row)];
    const names = group.by === 'proxy' ? table.proxies : table.servers;
    const segments = names.map((name) => this.segments.segmentOf(name));
    const begins = finder.pathsOf(segments);
    return (row) => {
      const path = plain(row);
      const begin = begins.get(segments[row]!)!;
      if (begin === '') return [path];
      return this.#doubleWrites ? [begin + path, path] : [begin + path];
    };
  }
}

/** What stands before the first name, and behind each. */
function piecesOf(path: string): { begin: string; pieces: readonly Piece[] } {
  const [begin = '', ...rest] = path.split(/\{(proxy|server)\}/);
  const pieces = Array.from({ length: rest.length / 2 }, (_, i) => ({
    name: rest[2 * i] as RowName,
    behind: rest[2 * i + 1]!,
  }));
  return { begin, pieces };
}
