import type { Field, Nature } from '../field';
import type { Rule } from '../rule';
import { natureOfTag } from '../tags';
import { classicRules } from './classic';
import { wordsOf } from './words';

/** Fields that have everything but the name in common, as the catalogue is written. */
export interface FieldGroup extends Pick<Field, 'kinds' | 'tag' | 'since' | 'unit' | 'module' | 'alias'> {
  /** Separated by blanks and line ends; a list where a name has a blank in it. */
  readonly names: string | readonly string[];
  /** Over processes; over nodes too, unless `nodes` says otherwise. */
  readonly rule: Rule;
  readonly nodes?: Rule;
  /** Where the tag misleads. */
  readonly nature?: Nature;
}

/** A row of the catalogue for each name of the group. */
export function fieldsOfGroup({ names, rule, nodes = rule, nature, ...facts }: FieldGroup): Field[] {
  return (typeof names === 'string' ? wordsOf(names) : names).map((name) => ({
    name,
    ...facts,
    nature: nature ?? natureOfTag(facts.tag)!,
    exact: { processes: rule, nodes },
    classic: classicRules(name, facts.kinds),
  }));
}

/** Groups that have some facts in common. */
export function groups<Common extends Partial<FieldGroup>>(
  common: Common,
  rows: readonly (Omit<FieldGroup, keyof Common> & Partial<FieldGroup>)[],
): FieldGroup[] {
  return rows.map((row) => ({ ...common, ...row }) as Common & FieldGroup);
}
