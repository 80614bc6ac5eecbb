import type { StoredLetter } from '@haproxystats/messaging';

/** Which letters an operator asks for. */
export interface LetterFilter {
  /** `node` or `cluster/node`; undefined: of all. */
  readonly node: string | undefined;
  /** Put aside at this time or later, ms since the epoch. */
  readonly since: number | undefined;
}

export function matches({ node, since }: LetterFilter, letter: StoredLetter, keptAt: number): boolean {
  if (since !== undefined && keptAt < since) return false;
  return node === undefined || letter.node === node || letter.node?.split('/')[1] === node;
}

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `2h` before `now`, or a time as Date reads it, such as `2026-02-03T04:05:06Z`; undefined where it is neither. */
export function parseSince(text: string, now: number): number | undefined {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return now - Number(count) * units[unit]!;
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(time) ? undefined : time;
}
