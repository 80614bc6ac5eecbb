/** Where rows go with which nothing is compared any more. */
export interface LetGoRows {
  give(rows: CountedRows): void;
}

/** A number that is compared, in the columns of a batch. */
export interface Place {
  /** Its place among those that are kept. */
  readonly counter: number;
  readonly column: number;
}

const firstRows = 64;
const noRow = -1;
/** Room for so many times the rows that there are is not worth a copy. */
export const maxSlack = 1.25;

/**
 * What the rows of one kind of a process had counted at one poll: 8 bytes a counter and row, and 8 for its name. Rows are named by two
 * hashes, 64 bits together; of two rows with the same both, the last is found.
 */
export class CountedRows {
  #proxies = new Int32Array(firstRows);
  #servers = new Int32Array(firstRows);
  readonly #cells: (Float64Array | undefined)[];
  /** Of the rows that were here before: to be filled anew. */
  readonly #old: (Float64Array | undefined)[] = [];
  #rows = 0;
  /** By the hashes; made when the rows have another order than before. */
  #places: Map<number, number> | undefined;

  constructor(
    counters: number,
    private readonly spare?: LetGoRows,
  ) {
    this.#cells = new Array<Float64Array | undefined>(counters).fill(undefined);
  }

  get size(): number {
    return this.#rows;
  }

  /** Rows without growing. */
  get room(): number {
    return this.#proxies.length;
  }

  /** Of the arrays of its rows. */
  get bytes(): number {
    const kept = this.#cells.reduce((sum, cells) => sum + (cells?.byteLength ?? 0), 0);
    return this.#proxies.byteLength + this.#servers.byteLength + kept;
  }

  /** Adds a row; answers its number. */
  add(proxy: number, server: number): number {
    const row = this.#rows++;
    if (row === this.#proxies.length) this.#resize(row * 2);
    this.#proxies[row] = proxy;
    this.#servers[row] = server;
    return row;
  }

  /** The hashes by which a row is named. */
  namesAt(row: number): readonly [proxy: number, server: number] {
    return [this.#proxies[row]!, this.#servers[row]!];
  }

  /** The row of that name, looked for at `guess` first; -1 where there is none. */
  find(proxy: number, server: number, guess: number): number {
    if (guess < this.#rows && this.#proxies[guess] === proxy && this.#servers[guess] === server) return guess;
    this.#places ??= this.#allPlaces();
    const row = this.#places.get(keyOf(proxy, server));
    return row !== undefined && this.#proxies[row] === proxy && this.#servers[row] === server ? row : noRow;
  }

  /** The cells of a counter, NaN where nothing was printed; undefined for one that was never printed. */
  cells(counter: number): Float64Array | undefined {
    return this.#cells[counter];
  }

  /** The cells of a counter that is printed; good until the next `add`. */
  ownCells(counter: number): Float64Array {
    return (this.#cells[counter] ??= this.#newCells(counter));
  }

  /** Makes room for so many rows, as there were the last time. */
  reserve(rows: number): void {
    if (rows > this.#proxies.length) this.#resize(rows);
  }

  /** Lets go of much room that is not used: no row is added any more. */
  trim(): void {
    if (this.room > this.#rows * maxSlack) this.#resize(this.#rows);
    this.#old.length = 0;
    this.#places = undefined;
  }

  /** Nobody reads them any more: their memory may be used again. */
  letGo(): void {
    this.spare?.give(this);
  }

  /** Forgets all rows, and keeps the room. */
  clear(): void {
    this.#cells.forEach((cells, counter) => {
      this.#old[counter] = cells;
      this.#cells[counter] = undefined;
    });
    this.#rows = 0;
    this.#places = undefined;
  }

  #newCells(counter: number): Float64Array {
    const old = this.#old[counter];
    this.#old[counter] = undefined;
    return (old?.length === this.room ? old : new Float64Array(this.room)).fill(NaN);
  }

  #allPlaces(): Map<number, number> {
    const places = new Map<number, number>();
    for (let row = 0; row < this.#rows; row++)
      places.set(keyOf(this.#proxies[row]!, this.#servers[row]!), row);
    return places;
  }

  #resize(length: number): void {
    this.#proxies = resized(this.#proxies, new Int32Array(length));
    this.#servers = resized(this.#servers, new Int32Array(length));
    this.#cells.forEach((cells, counter) => {
      if (cells) this.#cells[counter] = resized(cells, new Float64Array(length).fill(NaN));
    });
  }
}

function resized<T extends Int32Array | Float64Array>(old: T, other: T): T {
  other.set(old.subarray(0, other.length));
  return other;
}

/** All of one hash and most of the other: exact for rows of one proxy, and 53 bits for others. */
function keyOf(proxy: number, server: number): number {
  return ((proxy ^ server) >>> 0) * 2 ** 21 + (server & (2 ** 21 - 1));
}
