import type { Rule } from './rule';

/** What the rows of `show stat` describe, in the order of HAProxy's column `type`. */
export const rowKinds = ['frontend', 'backend', 'server', 'listener'] as const;

/** These, what `show info` describes (daemon), and what HAProxy describes elsewhere. */
export const entityKinds = [...rowKinds, 'daemon', 'nameserver'] as const;

export type RowKind = (typeof rowKinds)[number];
export type EntityKind = (typeof entityKinds)[number];

/** `exact`: right. `classic`: what the original haproxystats does, for those who compare or migrate. */
export const allSemantics = ['exact', 'classic'] as const;

export type Semantics = (typeof allSemantics)[number];

/** What a number is counted in. */
export type Unit =
  | 'bytes'
  | 'bytes per second'
  | 'seconds'
  | 'milliseconds'
  | 'percent'
  | 'per second'
  | 'megabytes'
  | 'epoch seconds';

/**
 * What a number is, which says what can be done with it: `counter`s grow until the process ends, so that their rate makes sense;
 * `identifier`s, `flag`s (yes or no, or bits), `setting`s of the configuration and `text`s say nothing when they are added up.
 */
export const natures = [
  'counter',
  'gauge',
  'rate',
  'average',
  'maximum',
  'minimum',
  'limit',
  'age',
  'duration',
  'time',
  'setting',
  'flag',
  'identifier',
  'text',
] as const;

export type Nature = (typeof natures)[number];

/** A row of the catalogue. */
export interface Field {
  /** HAProxy's own name, never translated. */
  readonly name: string;
  readonly kinds: readonly EntityKind[];
  /** The first three letters of the typed output: origin, nature and scope (management guide, 9.2). */
  readonly tag: string;
  /** By the tag, except where that misleads: HAProxy tags many counters as gauges. */
  readonly nature: Nature;
  /** The first release that prints it. */
  readonly since: string;
  readonly unit?: Unit | undefined;
  /** Printed behind the column `-`, by this module. */
  readonly module?: string | undefined;
  /** A name it had in some releases. */
  readonly alias?: string | undefined;
  /** How it combines over the processes of a node, and over the nodes of a cluster. */
  readonly exact: { readonly processes: Rule; readonly nodes: Rule };
  /** What the original does, by kind of entity; a kind that is not there it does not collect. */
  readonly classic: Readonly<Partial<Record<EntityKind, Rule>>>;
}
