import type { Groups } from '@haproxystats/runtime';
import { pathSegments } from './graphite-names';

/** The same names come at every poll; beyond this many per section it starts anew. */
const maxNames = 100_000;

export type GroupSection = keyof Groups;

/** Paths under which the members of groups stand, and whether under their own as well. */
export interface GroupPaths {
  readonly namespace: string;
  readonly doubleWrites: boolean;
  readonly groups: Groups;
}

/** Finds the group of a proxy or server, and the path that belongs to it. */
export class GroupFinder {
  readonly #begin: string;
  /** By section and name; '' for a name in no group. */
  readonly #found: Readonly<Record<GroupSection, Map<string, string>>> = {
    'frontend-groups': new Map(),
    'backend-groups': new Map(),
    'server-groups': new Map(),
  };

  constructor(
    private readonly config: GroupPaths,
    private readonly size = maxNames,
  ) {
    this.#begin = pathSegments(config.namespace);
  }

  /** `<group-namespace>.<group>.` of the first group that matches; '' when none does. `segment`: the name as it stands in paths. */
  pathOf(section: GroupSection, segment: string): string {
    const found = this.#found[section];
    const known = found.get(segment);
    if (known !== undefined) return known;
    if (found.size >= this.size) found.clear();
    const group = this.config.groups[section].find(({ expression }) => expression.test(segment));
    const path = group ? `${this.#begin}.${pathSegments(group.name)}.` : '';
    found.set(segment, path);
    return path;
  }
}
