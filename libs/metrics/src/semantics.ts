import type { Semantics } from '@haproxystats/haproxy';

/** What two ways to merge differ in, besides the rules of the fields. */
export interface SemanticsFacts {
  /** For each byte of a name the byte it counts as: entities whose names are then the same are one. */
  readonly fold: Uint8Array;
  /** A column that a process does not print at all is blank in all its rows; else the process says nothing about it. */
  readonly absentIsBlank: boolean;
  /** Lines of `show info` with a fraction are passed over. */
  readonly wholeNumbersOnly: boolean;
  /** Columns that the catalogue does not know are combined by their tag. */
  readonly keepsUnknown: boolean;
  /** `TotalServers` of a backend without any is 0; else it is not sent. */
  readonly countsNone: boolean;
  /** Counters are compared with what they were at the poll before. */
  readonly countsRates: boolean;
}

const asItIs = Uint8Array.from({ length: 256 }, (_, byte) => byte);

/** The original replaces each '.' of a name by '_' before it groups rows (quirk Q8). */
const withoutDots = asItIs.with('.'.charCodeAt(0), '_'.charCodeAt(0));

export const semanticsFacts: Readonly<Record<Semantics, SemanticsFacts>> = {
  exact: {
    fold: asItIs,
    absentIsBlank: false,
    wholeNumbersOnly: false,
    keepsUnknown: true,
    countsNone: true,
    countsRates: true,
  },
  classic: {
    fold: withoutDots,
    absentIsBlank: true,
    wholeNumbersOnly: true,
    keepsUnknown: false,
    countsNone: false,
    countsRates: false,
  },
};
