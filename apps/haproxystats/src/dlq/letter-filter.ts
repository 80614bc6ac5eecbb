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
