import { allStates, rowKinds, stateNames, type EntityKind, type Rule } from '@haproxystats/haproxy';

/** A field that no HAProxy prints: merging adds it, as a column like any other. */
export interface ComputedField {
  readonly name: string;
  readonly kinds: readonly EntityKind[];
  readonly rule: Rule;
  /** The field of HAProxy's that it tells of, by which it can be selected as well. */
  readonly of?: string;
  /** One sentence for users. */
  readonly doc: string;
}

/** THE COMPUTED FIELDS. */
export const computedFields: readonly ComputedField[] = [
  {
    name: 'TotalServers',
    kinds: ['backend'],
    rule: 'max',
    doc: 'How many servers the backend has: distinct names over all processes.',
  },
  {
    name: 'nodes',
    kinds: rowKinds,
    rule: 'sum',
    doc: 'Of a cluster: how many nodes have it.',
  },
  {
    name: 'drift',
    kinds: rowKinds,
    rule: 'max',
    doc: 'Of a cluster: 1 where not all nodes have it, or not all with the same weight and limits; else 0.',
  },
  {
    name: 'up',
    kinds: rowKinds,
    rule: 'mean',
    of: 'status',
    doc: 'The share of processes, 0 to 1, for which it takes new traffic.',
  },
  ...stateNames.map((state) => ({
    name: `status_${state}`,
    kinds: allStates.find(({ name }) => name === state)!.kinds,
    rule: 'sum' as const,
    of: 'status',
    doc: `In how many processes its state is \`${state}\`.`,
  })),
];

export function computedFieldsOf(kind: EntityKind): readonly ComputedField[] {
  return computedFields.filter(({ kinds }) => kinds.includes(kind));
}
