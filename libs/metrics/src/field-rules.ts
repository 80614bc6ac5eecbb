import {
  fieldNamed,
  fieldsOf,
  natureOfTag,
  rowKinds,
  ruleFacts,
  ruleOf,
  ruleOfTag,
  type ColumnUse,
  type EntityKind,
  type Rule,
  type Semantics,
  type Tags,
} from '@haproxystats/haproxy';
import { semanticsFacts } from './semantics';

/** A field of one kind of entity, and how it is combined. */
export interface FieldRule {
  /** The catalogue's name, for a field that it does not know HAProxy's. */
  readonly name: string;
  readonly rule: Rule;
}

/** What is known of the columns of a process besides the catalogue. */
export interface Origin {
  readonly tags?: Tags | undefined;
  /** The node has no other process, so that nothing has to be combined. */
  readonly alone: boolean;
}

/** Of objects that HAProxy can give their counters back to after a start: they have an id of the user's. */
export const guidColumn = 'guid';

const textRules: ReadonlySet<Rule> = new Set<Rule>(['status', 'worst', 'text']);

/** Of a field that the catalogue knows; undefined where there is nothing to combine. */
export function catalogueRule(kind: EntityKind, name: string, semantics: Semantics): FieldRule | undefined {
  const field = fieldNamed(kind, name);
  const rule = field && ruleOf(field, kind, semantics);
  return field && rule && { name: field.name, rule };
}

export function isNumeric(rule: Rule): boolean {
  return Object.keys(ruleFacts[rule].steps).length > 0;
}

export function isText(rule: Rule): boolean {
  return textRules.has(rule);
}

/** The fields of a kind that are combined by these semantics. */
export function fieldRules(kind: EntityKind, semantics: Semantics): FieldRule[] {
  return fieldsOf(kind).flatMap(({ name }) => catalogueRule(kind, name, semantics) ?? []);
}

/** What to keep of a column of `show stat`: all that some kind of row combines, and all numbers that the catalogue does not know. */
export function columnUse(name: string, semantics: Semantics): ColumnUse {
  if (name === guidColumn && semanticsFacts[semantics].countsRates) return 'text';
  if (!isKnown('server', name)) return semanticsFacts[semantics].keepsUnknown ? 'number' : 'none';
  const rules = rowKinds.flatMap((kind) => catalogueRule(kind, name, semantics)?.rule ?? []);
  if (rules.some(isNumeric)) return 'number';
  return rules.some(isText) ? 'text' : 'none';
}

/** By its tag; without one only where nothing has to be combined. */
export function unknownRule(kind: EntityKind, name: string, { tags, alone }: Origin): Rule | undefined {
  const tag = tags?.[kind]?.[name] ?? '';
  if (natureOfTag(tag) !== undefined) return ruleOfTag(tag);
  return alone && !isKnown(kind, name) ? 'max' : undefined;
}

/** Whether the catalogue has the field, for this kind or, for a row, another kind of rows. */
export function isKnown(kind: EntityKind, name: string): boolean {
  const kinds = kind === 'daemon' ? (['daemon'] as const) : rowKinds;
  return kinds.some((each) => fieldNamed(each, name) !== undefined);
}
