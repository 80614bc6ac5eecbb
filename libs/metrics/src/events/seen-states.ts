import { stateNames, stateOf } from '@haproxystats/haproxy';
import { differ, isPresent, type Table, type TextColumn } from '../frame';
import { noState } from './pending';

const numbers = new Map(stateNames.map((name, i) => [name, i + 1]));

/** `UP`; '' for none. */
export function stateName(state: number): string {
  return state === noState ? '' : stateNames[state - 1]!;
}

/**
 * The state of each row, one table behind the other; undefined where they have rows, and no table says anything of states. `stopping`: old
 * workers among the processes, whose frontends are closed.
 */
export function seenStates(tables: readonly Table[], stopping: number): Uint8Array | undefined {
  const rows = tables.reduce((sum, { proxies }) => sum + proxies.length, 0);
  const seen = new Uint8Array(rows);
  let at = 0;
  let isSaid = rows === 0;
  for (const table of tables) {
    const status = textOf(table, 'status');
    if (status) read(status, seen, at);
    if (status && stopping > 0 && table.kind === 'frontend') reopen(table, { seen, at, stopping });
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

/** What the processes see that serve: of those that see a frontend as stopped, so many are the old workers. */
function reopen(
  table: Table,
  { seen, at, stopping }: { seen: Uint8Array; at: number; stopping: number },
): void {
  const counts = stateNames.map((name) =>
    table.columns.find(({ field, part }) => field === `status_${name}` && part === 'sum'),
  );
  const stopped = numbers.get('STOP')!;
  for (let row = 0; row < table.proxies.length; row++) {
    let worst = noState;
    counts.forEach((count, i) => {
      const others = (count?.values[row] ?? 0) - (i + 1 === stopped ? stopping : 0);
      if (others > 0) worst = i + 1;
    });
    seen[at + row] = worst;
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
