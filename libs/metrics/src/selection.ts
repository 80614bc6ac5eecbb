import {
  fieldsOf,
  ruleFacts,
  ruleOf,
  type EntityKind,
  type Field,
  type Rule,
  type Semantics,
} from '@haproxystats/haproxy';
import { computedFieldsOf } from './computed-fields';
import { countersOf, ratesOf } from './counters/counters';
import { peakFieldNames, peakMetrics } from './counters/peaks';
import { derivedMetrics, type DerivedMetric } from './derived/derived-metrics';
import type { Metric } from './finished';
import { entityOf, type TableKind } from './frame';
import { semanticsFacts } from './semantics';

/** Which metrics users want of a kind of entity, by the names of fields or of single metrics. A kind without a list: what is sent by default. */
export type MetricLists = Readonly<Partial<Record<EntityKind, readonly string[] | undefined>>>;

/** When a field is sent: always; unless a list leaves it out; with the columns of modules; or only where a list names it. */
export type Sending = 'always' | 'default' | 'modules' | 'named';

interface SelectionRules {
  /** Sent whatever a list says. */
  readonly always: { readonly rules: readonly Rule[]; readonly computed: readonly string[] };
  /** Sent only where a list names them. */
  readonly named: readonly Rule[];
  /** Whether lists can name computed fields. */
  readonly computed: boolean;
}

/** What a list chooses from. That of the original replaces the sums alone: its averages and `TotalServers` always come. */
const selectionRules: Readonly<Record<Semantics, SelectionRules>> = {
  exact: { always: { rules: [], computed: [] }, named: ['same'], computed: true },
  classic: {
    always: { rules: ['classicMean', 'classicTime'], computed: ['TotalServers'] },
    named: [],
    computed: false,
  },
};

/** When a field of the catalogue is sent; undefined when it gives no metric. */
export function sendingOf(field: Field, kind: EntityKind, semantics: Semantics): Sending | undefined {
  const rule = ruleOf(field, kind, semantics);
  if (!rule || ruleFacts[rule].metrics.length === 0) return undefined;
  return sendingBy(rule, field.module !== undefined, semantics);
}

function sendingBy(rule: Rule, ofModule: boolean, semantics: Semantics): Sending {
  const { always, named } = selectionRules[semantics];
  if (always.rules.includes(rule)) return 'always';
  if (named.includes(rule)) return 'named';
  return ofModule ? 'modules' : 'default';
}

/** What the settings add to what can be chosen. */
export interface Selectable {
  /** `calculate-percentages`. */
  readonly percentages?: boolean | undefined;
  /** `rate-fields`. */
  readonly rates?: readonly string[] | undefined;
  /** `peak-fields`. */
  readonly peaks?: readonly string[] | undefined;
}

/** The names that a list can hold: of fields, and of single metrics. Metrics that users derive come anyway. */
export function selectableMetrics(
  kind: EntityKind,
  semantics: Semantics,
  { percentages = true, rates = countersOf(kind), peaks }: Selectable = {},
): ReadonlySet<string> {
  const names = fieldsOf(kind)
    .filter((field) => sendingOf(field, kind, semantics) !== undefined)
    .flatMap((field) => [field.name, ...metricsOf(field, ruleOf(field, kind, semantics)!)]);
  const computed = selectionRules[semantics].computed ? computedFieldsOf(kind) : [];
  return new Set([
    ...names,
    ...computed.flatMap(({ name, of = name }) => [name, of]),
    ...(semanticsFacts[semantics].countsRates ? changesOf(kind, rates, peaks) : []),
    ...derivedOf(kind, semantics).flatMap(({ name, option }) => (percentages || !option ? name : [])),
  ]);
}

/** Fields, and single metrics, that tell what has changed since the poll before. */
function changesOf(kind: EntityKind, rates: readonly string[], peaks?: readonly string[]): string[] {
  return [...ratesOf(kind, rates), ...peakFieldNames(kind, peaks), ...peakMetrics(kind, peaks)];
}

function derivedOf(kind: EntityKind, semantics: Semantics): readonly DerivedMetric[] {
  return derivedMetrics.filter(
    (row) => row.semantics === semantics && row.tables.some((table) => entityOf[table] === kind),
  );
}

/** What a field is sent as when it is combined by a rule. */
export function metricsOf({ name }: Pick<Field, 'name'>, rule: Rule): string[] {
  return ruleFacts[rule].metrics.map(([suffix]) => name + suffix);
}

interface FieldFacts {
  readonly sending: Sending;
  /** Another name under which it can be selected. */
  readonly of?: string | undefined;
}

/** Where a metric stands. */
interface Place {
  readonly table: TableKind;
  readonly semantics: Semantics;
}

/** What users want, applied to metrics. */
export class Selection {
  readonly #lists: Readonly<Partial<Record<EntityKind, ReadonlySet<string>>>>;
  readonly #facts = new Map<string, ReadonlyMap<string, FieldFacts>>();

  /** `modules`: whether the columns of HAProxy's modules are wanted where there is no list. */
  constructor(
    lists: MetricLists,
    private readonly modules: boolean,
  ) {
    this.#lists = Object.fromEntries(
      Object.entries(lists).flatMap(([kind, names]) => (names ? [[kind, new Set(names)]] : [])),
    );
  }

  /** Whether a metric is sent. What users derive always is. */
  wants(metric: Omit<Metric, 'values' | 'present'>, { table, semantics }: Place): boolean {
    const { name, field } = metric;
    const kind = entityOf[table];
    const known = this.#factsOf(kind, semantics).get(field);
    const { sending, of = field } = known ?? factsOfUnknown(metric, semantics);
    if (sending === 'always') return true;
    const list = this.#lists[kind];
    if (list) return list.has(name) || list.has(field) || list.has(of);
    return sending === 'default' || (sending === 'modules' && this.modules);
  }

  #factsOf(kind: EntityKind, semantics: Semantics): ReadonlyMap<string, FieldFacts> {
    const key = `${kind} ${semantics}`;
    const facts = this.#facts.get(key) ?? factsOf(kind, semantics);
    this.#facts.set(key, facts);
    return facts;
  }
}

/** What is of no rule users have derived. */
function factsOfUnknown({ rule, module }: Pick<Metric, 'rule' | 'module'>, semantics: Semantics): FieldFacts {
  return { sending: rule === undefined ? 'always' : sendingBy(rule, module === true, semantics) };
}

function factsOf(kind: EntityKind, semantics: Semantics): ReadonlyMap<string, FieldFacts> {
  const facts = new Map<string, FieldFacts>();
  for (const field of fieldsOf(kind)) {
    const sending = sendingOf(field, kind, semantics);
    if (sending) facts.set(field.name, { sending });
  }
  const { always } = selectionRules[semantics];
  for (const { name, of } of computedFieldsOf(kind)) {
    facts.set(name, { sending: always.computed.includes(name) ? 'always' : 'default', of });
  }
  for (const { name } of derivedOf(kind, semantics)) facts.set(name, { sending: 'default' });
  return facts;
}
