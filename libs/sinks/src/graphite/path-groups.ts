import { GroupSearch, type Groups, type Logger } from '@haproxystats/runtime';
import { pathSegments } from './graphite-names';

/** The same names come at every poll; with this many it starts anew. */
const maxNames = 100_000;

export type GroupSection = keyof Groups;

/** Paths under which the members of groups stand, and whether under their own as well. */
export interface GroupPaths {
  readonly namespace: string;
  readonly doubleWrites: boolean;
  readonly groups: Groups;
}

/** Finds the groups of proxies or servers by the patterns of a section, and the paths that belong to them. */
export class GroupFinder {
  readonly #begin: string;
  readonly #search: GroupSearch;
  /** '' for a name in no group. */
  readonly #found = new Map<string, string>();

  constructor(section: GroupSection, { namespace, groups }: GroupPaths, logger: Logger) {
    this.#begin = pathSegments(namespace);
    this.#search = new GroupSearch(section, groups[section], logger);
  }

  /** For each segment, a name as it stands in paths, `<group-namespace>.<group>.` of the first group that matches; '' when none does. */
  pathsOf(segments: readonly string[]): ReadonlyMap<string, string> {
    const found = this.#found;
    if (found.size >= maxNames) found.clear();
    const fresh = [...new Set(segments.filter((segment) => !found.has(segment)))];
    for (const [i, group] of this.#search.firstOf(fresh).entries()) {
      found.set(fresh[i]!, group ? `${this.#begin}.${pathSegments(group.name)}.` : '');
    }
    return found;
  }
}
