import type { Logger } from './logger';
import type { Group } from './settings';
import { withinTime } from './within-time';

/** What the patterns may take for some names together, and then a pattern for one. All of them for a batch take about a millisecond. */
const limitMs = 200;
const batchSize = 256;
/** Of a pattern, after which it is given up: names come from those who configure HAProxy, and each makes all others wait. */
const maxSlowNames = 10;

/** Finds what is wanted among groups, of which `has` says whether a name belongs to one. */
type Find<T> = (groups: readonly Group[], has: (group: Group) => boolean) => T;

/**
 * Finds the groups whose patterns match a name. A pattern that does not come to an end for a name does not match it, which is said;
 * after ten such names the pattern is not asked again.
 */
export class GroupSearch {
  readonly #slowNames = new Map<Group, number>();

  constructor(
    private readonly section: string,
    private groups: readonly Group[],
    private readonly logger: Logger,
  ) {}

  /** The first group of each name. */
  firstOf(names: readonly string[]): (Group | undefined)[] {
    return this.#search(names, (groups, has) => groups.find(has));
  }

  /** All groups of each name. */
  allOf(names: readonly string[]): Group[][] {
    return this.#search(names, (groups, has) => groups.filter(has));
  }

  #search<T>(names: readonly string[], find: Find<T>): T[] {
    const batches = Array.from({ length: Math.ceil(names.length / batchSize) }, (_, i) =>
      names.slice(i * batchSize, (i + 1) * batchSize),
    );
    return batches.flatMap(
      (batch) => this.#together(batch, find) ?? batch.map((name) => this.#alone(name, find)),
    );
  }

  #together<T>(names: readonly string[], find: Find<T>): T[] | undefined {
    const { groups } = this;
    return withinTime(limitMs, () =>
      names.map((name) => find(groups, ({ expression }) => expression.test(name))),
    );
  }

  #alone<T>(name: string, find: Find<T>): T {
    return find(this.groups, (group) => {
      const matches = withinTime(limitMs, () => group.expression.test(name));
      if (matches === undefined) this.#tellSlow(group, name);
      return matches ?? false;
    });
  }

  #tellSlow(group: Group, name: string): void {
    const count = (this.#slowNames.get(group) ?? 0) + 1;
    this.#slowNames.set(group, count);
    const isGivenUp = count === maxSlowNames;
    if (isGivenUp) this.groups = this.groups.filter((each) => each !== group);
    const outcome = isGivenUp
      ? `that is the ${count}th such name, and no other name joins the group until the next start`
      : 'the name is not in the group';
    this.logger.warn(
      { section: this.section, group: group.name, name },
      `group '${group.name}' in section '${this.section}': pattern '${group.pattern}' does not come to an end within ${limitMs} ms for '${name}': ${outcome}. Write the pattern without a repetition inside a repetition`,
    );
  }
}
