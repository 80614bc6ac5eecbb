import { withinTime, type Group, type Logger } from '@haproxystats/runtime';

/** What the patterns may take for some names together, and then a pattern for one. All of them for a batch take about a millisecond. */
const limitMs = 200;
const batchSize = 256;
/** Of a pattern, after which it is given up: names come from those who configure HAProxy, and each makes all others wait. */
const maxSlowNames = 10;

/**
 * Finds the first group whose pattern matches a name. A pattern that does not come to an end for a name does not match it, which is
 * said; after ten such names the pattern is not asked again.
 */
export class GroupSearch {
  readonly #slowNames = new Map<Group, number>();

  constructor(
    private readonly section: string,
    private groups: readonly Group[],
    private readonly logger: Logger,
  ) {}

  /** The group of each name. */
  firstOf(names: readonly string[]): (Group | undefined)[] {
    const batches = Array.from({ length: Math.ceil(names.length / batchSize) }, (_, i) =>
      names.slice(i * batchSize, (i + 1) * batchSize),
    );
    return batches.flatMap((batch) => this.#together(batch) ?? batch.map((name) => this.#alone(name)));
  }

  #together(names: readonly string[]): (Group | undefined)[] | undefined {
    const { groups } = this;
    return withinTime(limitMs, () =>
      names.map((name) => groups.find((group) => group.expression.test(name))),
    );
  }

  #alone(name: string): Group | undefined {
    return this.groups.find((group) => {
      const matches = withinTime(limitMs, () => group.expression.test(name));
      if (matches === undefined) this.#tellSlow(group, name);
      return matches;
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
