import type { Writable } from 'node:stream';
import type { DeadLetterStore } from '@haproxystats/messaging';
import { matches, type LetterFilter } from './letter-filter';
import { letterTable, type LetterRow } from './letter-table';
import { placeOf, readLetters } from './read-letters';

export interface ListOptions extends LetterFilter {
  /** The newest so many. */
  readonly limit: number;
}

export interface Streams {
  readonly out: Writable;
  readonly err: Writable;
}

/** Prints the newest letters, the oldest of them first; answers the exit status: 2 where something in the queue is no letter. */
export async function listLetters(
  store: DeadLetterStore,
  options: ListOptions,
  { out, err, stop }: Streams & { readonly stop: AbortSignal },
): Promise<number> {
  const newest = new Newest(options.limit);
  const replayed = new Set<string>();
  const letters = {
    letter: (letter: LetterRow['letter'], entry: Parameters<typeof placeOf>[0] & { appendedAt: number }) => {
      const keptAt = entry.appendedAt;
      if (matches(options, letter, keptAt)) newest.add({ letter, keptAt, place: placeOf(entry) });
    },
    mark: (place: string) => void replayed.add(place),
  };
  const unreadable = await readLetters(store, letters, stop);
  const rows = newest.rows();
  if (rows.length > 0) out.write(letterTable(rows, replayed));
  err.write(footOf(store.place, { shown: rows.length, found: newest.found, unreadable }));
  return unreadable > 0 ? 2 : 0;
}

interface Counts {
  readonly shown: number;
  readonly found: number;
  readonly unreadable: number;
}

function footOf(place: string, { shown, found, unreadable }: Counts): string {
  const foreign = unreadable > 0 ? `; ${unreadable} entries there are no dead letters of this version` : '';
  if (found === 0) return `no dead letters in ${place}${foreign}\n`;
  const more = shown < found ? `, the newest of ${found}: see --limit` : '';
  return `${shown} of ${place}${more}${foreign}\n`;
}

/** Keeps the newest rows of many, wherever they come from. */
class Newest {
  found = 0;
  #rows: LetterRow[] = [];

  constructor(private readonly limit: number) {}

  add(row: LetterRow): void {
    this.found++;
    this.#rows.push(row);
    if (this.#rows.length >= 2 * this.limit) this.#rows = this.rows();
  }

  rows(): LetterRow[] {
    return this.#rows.toSorted((a, b) => a.keptAt - b.keptAt).slice(-this.limit);
  }
}
