import { stride, type StatRows } from '@haproxystats/haproxy';
import { hashPair } from './hash-keys';
import { Words, type WordsOptions } from './words';

/** Of one table; HAProxy's limits are far below. */
const maxRows = 200_000;
const firstRows = 64;

export interface RowIndexOptions extends Pick<WordsOptions, 'fold' | 'keys'> {
  /** An entity is named by its proxy and server; else by its proxy alone. */
  readonly hasServer: boolean;
}

/**
 * Finds the table row of an entity by its names. Processes of one node list their proxies in the same order, so the row behind the
 * last one found is tried first. Its arrays are used again after `reset`.
 */
export class RowIndex {
  readonly #proxies: Words;
  readonly #servers: Words;
  readonly #hasServer: boolean;
  readonly #keys: Int32Array;
  #proxyOf = new Int32Array(firstRows);
  #serverOf = new Int32Array(firstRows);
  /** An open hash table of rows + 1, by proxy and server. */
  #slots = new Int32Array(firstRows * 2);
  #size = 0;
  #starts: Uint32Array = new Uint32Array(0);
  #ends: Uint32Array = new Uint32Array(0);
  #next = 0;

  constructor({ hasServer, fold, keys }: RowIndexOptions) {
    this.#hasServer = hasServer;
    this.#keys = keys;
    this.#proxies = new Words({ fold, max: maxRows, keys });
    this.#servers = new Words({ fold, max: maxRows, keys });
  }

  get size(): number {
    return this.#size;
  }

  /** Forgets all rows. */
  reset(): void {
    this.#proxies.reset();
    this.#servers.reset();
    this.#slots.fill(0);
    this.#size = 0;
  }

  /** Before the rows of another process. */
  restart(): void {
    this.#next = 0;
  }

  /** Whose rows `rowOf` is asked for from now on. */
  read({ text, starts, ends }: StatRows): void {
    this.#proxies.read(text);
    this.#servers.read(text);
    this.#starts = starts;
    this.#ends = ends;
  }

  /** The table row of the `i`th row that is read: a new one for a name not seen before, -1 when there is no room for it. */
  rowOf(i: number): number {
    const guess = this.#next;
    const row = guess < this.#size && this.#is(guess, i) ? guess : this.#find(i);
    this.#next = row + 1;
    return row;
  }

  proxyHash(row: number): number {
    return this.#proxies.hashAt(this.#proxyOf[row]!);
  }

  /** The same for all rows where the kind has none. */
  serverHash(row: number): number {
    return this.#servers.hashAt(this.#serverOf[row]!);
  }

  /** The proxy and server of each row; the server is '' where the kind has none. */
  names(): { proxies: string[]; servers: string[] } {
    return {
      proxies: namesOf(this.#proxies, this.#proxyOf.subarray(0, this.#size)),
      servers: namesOf(this.#servers, this.#serverOf.subarray(0, this.#size)),
    };
  }

  #is(row: number, i: number): boolean {
    const starts = this.#starts;
    const ends = this.#ends;
    return (
      (!this.#hasServer || this.#servers.is(this.#serverOf[row]!, starts[stride + i]!, ends[stride + i]!)) &&
      this.#proxies.is(this.#proxyOf[row]!, starts[i]!, ends[i]!)
    );
  }

  #find(i: number): number {
    const starts = this.#starts;
    const ends = this.#ends;
    const proxy = this.#proxies.idOf(starts[i]!, ends[i]!);
    const server = this.#hasServer
      ? this.#servers.idOf(starts[stride + i]!, ends[stride + i]!)
      : this.#servers.idOf(0, 0);
    if (proxy < 0 || server < 0) return -1;
    const slot = this.#slotOf(proxy, server);
    return this.#slots[slot]! > 0 ? this.#slots[slot]! - 1 : this.#add(proxy, server);
  }

  /** Where the pair is in the hash table, or would be. */
  #slotOf(proxy: number, server: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hashPair(proxy, server, this.#keys) & mask;
    for (let row = slots[slot]! - 1; row >= 0; row = slots[slot]! - 1) {
      if (this.#proxyOf[row] === proxy && this.#serverOf[row] === server) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #add(proxy: number, server: number): number {
    const row = this.#size;
    if (row === maxRows) return -1;
    if ((row + 1) * 2 > this.#slots.length) this.#grow();
    this.#slots[this.#slotOf(proxy, server)] = row + 1;
    this.#proxyOf[row] = proxy;
    this.#serverOf[row] = server;
    this.#size++;
    return row;
  }

  #grow(): void {
    const rows = this.#slots.length;
    this.#proxyOf = copied(this.#proxyOf, rows);
    this.#serverOf = copied(this.#serverOf, rows);
    this.#slots = new Int32Array(rows * 2);
    for (let row = 0; row < this.#size; row++) {
      this.#slots[this.#slotOf(this.#proxyOf[row]!, this.#serverOf[row]!)] = row + 1;
    }
  }
}

function copied(old: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(length);
  copy.set(old);
  return copy;
}

function namesOf(words: Words, ids: Int32Array): string[] {
  const all = words.list();
  const names = new Array<string>(ids.length);
  for (let row = 0; row < ids.length; row++) names[row] = all[ids[row]!]!;
  return names;
}
