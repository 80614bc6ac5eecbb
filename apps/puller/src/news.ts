/** A fact that may hold for many polls, such as "this process refuses". */
export interface Fact {
  /** What it is about. */
  readonly key: string;
  /** Told again when this changes. */
  readonly state: string;
  readonly text: string;
}

/** Turns facts that are seen at each poll into news that are told once. */
export class News {
  #known = new Map<string, Fact>();

  /** What began or changed its state since the last call, and what is over. */
  update(facts: readonly Fact[]): { begun: Fact[]; over: Fact[] } {
    const before = this.#known;
    this.#known = new Map(facts.map((fact) => [fact.key, fact]));
    return {
      begun: facts.filter(({ key, state }) => before.get(key)?.state !== state),
      over: [...before.values()].filter(({ key }) => !this.#known.has(key)),
    };
  }
}
