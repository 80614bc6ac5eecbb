import { fieldNamed, fieldsOf, ruleOf, type Rule, type Semantics } from '@haproxystats/haproxy';
import { computedFieldsOf } from '../computed-fields';
import { entityOf, type TableKind } from '../frame';
import { metricsIn } from '../finish';

/** All that rows of a kind can be sent as, before anything is derived from it; nothing of a kind that the semantics do not have. */
export function metricNames(kind: TableKind, semantics: Semantics): string[] {
  const entity = entityOf[kind];
  const ofFields = fieldsOf(entity).flatMap((field) => {
    const rule = ruleOf(field, entity, semantics);
    return rule ? namesOf(field.name, kind, rule) : [];
  });
  if (ofFields.length === 0) return [];
  const computed = computedFieldsOf(entity).filter(({ of }) => {
    const field = of === undefined ? undefined : fieldNamed(entity, of);
    return !field || ruleOf(field, entity, semantics) !== undefined;
  });
  return [...new Set([...ofFields, ...computed.flatMap(({ name, rule }) => namesOf(name, kind, rule))])];
}

function namesOf(field: string, kind: TableKind, rule: Rule): string[] {
  return metricsIn(kind, rule).map(([suffix]) => field + suffix);
}
