import type { StatRows } from '@haproxystats/haproxy';

/**
 * Finds the table row of an entity by its names. Processes of one node list their proxies in the same order,
 * so the row behind the last one found is tried first; a map answers when the guess is wrong.
 */
export class RowIndex {
  readonly proxies: string[] = [];
  readonly servers: string[] = [];
  readonly #rows = new Map<string, number>();
  #names: Uint32Array = new Uint32Array(0);
  #text: Buffer = Buffer.alloc(0);
  #next = 0;

  /** `hasServer`: an entity is named by its proxy and server; else by its proxy alone. */
  constructor(private readonly hasServer: boolean) {}

  get size(): number {
    return this.proxies.length;
  }

  /** Before the rows of another process. */
  restart(): void {
    this.#next = 0;
  }

  /** Whose rows `rowOf` is asked for from now on. */
  read({ names, text }: StatRows): void {
    this.#names = names;
    this.#text = text;
  }

  /** The table row of the `i`th row that is read; a new one at the end for a name not seen before. */
  rowOf(i: number): number {
    const at = i * 4;
    const guess = this.#next;
    const row = guess < this.size && this.#matches(guess, at) ? guess : this.#find(at);
    this.#next = row + 1;
    return row;
  }

  /** For a table with a single, nameless row. */
  onlyRow(): number {
    return this.#rowNamed('', '');
  }

  #find(at: number): number {
    const proxy = this.#name(at);
    return this.#rowNamed(proxy, this.hasServer ? this.#name(at + 2) : '');
  }

  #rowNamed(proxy: string, server: string): number {
    const key = `${proxy}\n${server}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const row = this.size;
    this.#rows.set(key, row);
    this.proxies.push(proxy);
    this.servers.push(server);
    return row;
  }

  #name(at: number): string {
    return this.#text.toString('latin1', this.#names[at], this.#names[at + 1]);
  }

  #matches(row: number, at: number): boolean {
    return (
      this.#equals(this.proxies[row]!, at) && (!this.hasServer || this.#equals(this.servers[row]!, at + 2))
    );
  }

  #equals(name: string, at: number): boolean {
    const start = this.#names[at]!;
    const text = this.#text;
    if (name.length !== this.#names[at + 1]! - start) return false;
    for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== text[start + i]) return false;
    return true;
  }
}
