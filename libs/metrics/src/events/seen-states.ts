import { stateNames, stateOf } from '@haproxystats/haproxy';
import { differ, isPresent, type Table, type TextColumn } from '../frame';
import { noState } from './pending';

const numbers = new Map(stateNames.map((name, i) => [name, i + 1]));

/** `UP`; '' for none. */
export function stateName(state: number): string {
  return state === noState ? '' : stateNames[state - 1]!;
}

/** The state of each row, one table behind the other; undefined where they have rows, and no table says anything of states. */
export function seenStates(tables: readonly Table[]): Uint8Array | undefined {
  const rows = tables.reduce((sum, { proxies }) => sum + proxies.length, 0);
  const seen = new Uint8Array(rows);
  let at = 0;
  let isSaid = rows === 0;
  for (const table of tables) {
    const status = textOf(table, 'status');
    if (status) read(status, seen, at);
    isSaid ||= status !== undefined;
    at += table.proxies.length;
  }
  return isSaid ? seen : undefined;
}

function read({ words, codes }: TextColumn, seen: Uint8Array, at: number): void {
  const states = words.map((word) => numbers.get(stateOf(word).name)!);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    if (code !== 0 && code !== differ) seen[at + row] = states[code - 1]!;
  }
}

/** Since when each row is in its state, ms since the epoch, by what HAProxy says at `slot`; NaN where it does not. */
export function startedAt(tables: readonly Table[], slot: number): Float64Array {
  const starts = tables.map(({ proxies, columns }) => {
    const ages = columns.find(({ field, part }) => field === 'lastchg' && part === 'min');
    return Array.from(proxies, (_, row) =>
      ages && isPresent(ages, row) ? slot - Math.round(ages.values[row]! * 1_000) : NaN,
    );
  });
  return Float64Array.from(starts.flat());
}

/** From one time to another, ms; never less than nothing, and whole as far as numbers go: a clock may have been set, and frames come from the wire. */
export function lasted(from: number, to: number): number {
  return Math.min(Math.max(0, to - from), Number.MAX_SAFE_INTEGER);
}

export function textOf({ texts }: Table, field: string): TextColumn | undefined {
  return texts.find((text) => text.field === field);
}
