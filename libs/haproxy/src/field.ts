/** What a row of `show stat` describes, in the order of HAProxy's column `type`; `daemon` is the process itself (`show info`). */
export const entityKinds = ['frontend', 'backend', 'server', 'listener', 'daemon'] as const;

export type EntityKind = (typeof entityKinds)[number];

/**
 * How a field of several processes becomes one number.
 * - `sum`: counters, gauges, rates, limits.
 * - `range`: a maximum since the start: the joint one lies between the largest and the sum, and both are kept.
 * - `mean`: each process counts alike.
 * - `requests`: a mean over requests: each process counts as much as the load it balanced (`lbtot`).
 */
export type Rule = 'sum' | 'range' | 'mean' | 'requests';

export interface Field {
  /** HAProxy's own name, never translated. */
  readonly name: string;
  readonly kinds: readonly EntityKind[];
  readonly rule: Rule;
}

/** The column that weighs `requests` means. */
export const requestWeight = 'lbtot';
