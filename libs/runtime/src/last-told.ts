/** Of how many names it is remembered what was told. */
const defaultBound = 10_000;

/** Remembers what was told last of each of many, such as the nodes of a fleet, so that only changes are told. */
export class LastTold {
  /** The one told last at the end; only those of which there is something to tell. */
  readonly #told = new Map<string, string>();

  constructor(private readonly bound = defaultBound) {}

  /**
   * Whether `fact` is another than the last one of `name`: tell it then. `''`, as at first, is that all is well. Of too many names the one
   * told longest ago is forgotten, and told again if it still holds.
   */
  isNews(name: string, fact: string): boolean {
    if (fact === (this.#told.get(name) ?? '')) return false;
    this.#told.delete(name);
    if (fact !== '') this.#told.set(name, fact);
    const [oldest] = this.#told.keys();
    if (this.#told.size > this.bound) this.#told.delete(oldest!);
    return true;
  }
}
