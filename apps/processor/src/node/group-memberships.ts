import type { Memberships } from '@haproxystats/metrics';
import { GroupSearch, type Group, type Logger } from '@haproxystats/runtime';

/** The same names come at every poll; with this many it starts anew. */
const maxNames = 200_000;

const noGroups: readonly number[] = [];

/** The groups of proxies or servers by the patterns of users. Remembers names, so that patterns are asked for new ones only. */
export class GroupMemberships implements Memberships {
  readonly names: readonly string[];
  readonly #search: GroupSearch;
  readonly #numbers: ReadonlyMap<Group, number>;
  readonly #found = new Map<string, readonly number[]>();

  constructor(section: string, groups: readonly Group[], logger: Logger) {
    this.names = groups.map(({ name }) => name);
    this.#numbers = new Map(groups.map((group, i) => [group, i]));
    this.#search = new GroupSearch(section, groups, logger);
  }

  of(members: readonly string[]): readonly (readonly number[])[] {
    const found = this.#found;
    if (found.size >= maxNames) found.clear();
    const fresh = [...new Set(members.filter((name) => !found.has(name)))];
    for (const [i, groups] of this.#search.allOf(fresh).entries())
      found.set(fresh[i]!, groups.length > 0 ? groups.map((group) => this.#numbers.get(group)!) : noGroups);
    return members.map((name) => found.get(name)!);
  }
}
