const kept = 5;

/** What was found to be wrong: how often, and the first few in words. */
export class Findings {
  readonly examples: string[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(what: string, times = 1): void {
    if (times <= 0) return;
    this.#count += times;
    if (this.examples.length < kept) this.examples.push(what);
  }
}
