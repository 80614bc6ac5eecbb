import { entityKinds, type EntityKind, type Field, type Semantics } from '../field';
import { type Rule } from '../rule';
import { fieldsOfGroup } from './field-group';
import { infoFields } from './info-fields';
import { moduleFields } from './module-fields';
import { stateFields } from './state-fields';
import { trafficFields } from './traffic-fields';

/**
 * THE CATALOGUE: one row per field of `show info` and `show stat`, from HAProxy 1.4 to 3.5, with the way it combines. A new field of
 * HAProxy is a name in one of the files beside this one. Meanings: HAProxy management guide, 9.1 (CSV format) and 9.3 ("show info").
 */
export const fields: readonly Field[] = [
  ...trafficFields,
  ...stateFields,
  ...infoFields,
  ...moduleFields,
].flatMap(fieldsOfGroup);

const byKind = new Map(entityKinds.map((kind) => [kind, fields.filter(({ kinds }) => kinds.includes(kind))]));

/** The catalogue's rows for one kind of entity. */
export function fieldsOf(kind: EntityKind): readonly Field[] {
  return byKind.get(kind) ?? [];
}

const byName = new Map(
  entityKinds.map((kind) => [
    kind,
    new Map(
      fieldsOf(kind).flatMap((field) => [field.name, field.alias ?? field.name].map((name) => [name, field])),
    ),
  ]),
);

/** The row for a column of `show stat`, or a line of `show info`, as HAProxy names it in any release; undefined where it is unknown. */
export function fieldNamed(kind: EntityKind, name: string): Field | undefined {
  return byName.get(kind)?.get(name);
}

/** How a field of one kind combines over the processes of a node; undefined where the original does not collect it. */
export function ruleOf(field: Field, kind: EntityKind, semantics: Semantics): Rule | undefined {
  return semantics === 'exact' ? field.exact.processes : field.classic[kind];
}
