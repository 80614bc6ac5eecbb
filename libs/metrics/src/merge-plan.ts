import {
  fieldNamed,
  ruleFacts,
  type EntityKind,
  type Part,
  type Rule,
  type Semantics,
  type Weight,
} from '@haproxystats/haproxy';
import { symbolOf } from './derived/symbol-of';
import {
  catalogueRule,
  fieldRules,
  isKnown,
  isNumeric,
  unknownRule,
  type FieldRule,
  type Origin,
} from './field-rules';
import { ownSymbols } from './own-symbols';
import type { PartColumns } from './part-columns';
import { metricsOf } from './selection';
import { semanticsFacts } from './semantics';
import { stepWork, type StepWork } from './steps';

/** A step of merging: adds a column of the source to a part. */
interface PlannedStep {
  readonly work: StepWork;
  readonly part: number;
  /** Which column of the source; -1 for one that is blank. */
  readonly column: number;
}

/** What to do with the columns of a process. */
export interface MergePlan {
  readonly steps: readonly PlannedStep[];
  /** Those of them that an old worker has a say in. */
  readonly trafficSteps: readonly PlannedStep[];
  /** The parts that the process has something for. */
  readonly given: readonly number[];
  readonly weight: Weight | undefined;
  /** Columns that are left out: nobody knows how to combine them, there are too many, or they are `taken`. */
  readonly dropped: readonly string[];
  /** Those under whose name something else is sent. */
  readonly taken: readonly string[];
  readonly origin: Origin;
  /** How the columns that the catalogue does not have for this kind are combined: the plan is good as long as that stays. */
  readonly unknown: readonly (readonly [name: string, rule: Rule | undefined])[];
}

export interface Planned {
  readonly kind: EntityKind;
  readonly semantics: Semantics;
  /** A column that a source does not have is blank in all its rows; else the source says nothing about it. */
  readonly absentIsBlank: boolean;
  /** Columns that are rates of counters: not HAProxy's, but made of what it prints. */
  readonly rates?: ReadonlySet<string>;
  /** They get the same parts, under the same numbers. */
  readonly tables: readonly PartColumns[];
}

/** The columns of a source. */
export interface SourceColumns {
  readonly names: readonly string[];
  /** How many of them come first that no module of HAProxy adds. */
  readonly own: number;
}

interface PlannedField extends FieldRule {
  readonly column: number;
  /** A module's, and unknown. */
  readonly module?: true | undefined;
}

/** Of fields, by their rules, that the catalogue does not know; beyond, they are dropped. */
const maxUnknownFields = 256;

/** Makes the plans for the tables of one kind of entity: once per list of columns, as long as it stays the same. */
export class MergePlanner {
  /** The first part of a field and rule; the others follow. */
  readonly #parts = new Map<string, number>();
  readonly #known: readonly FieldRule[];
  readonly #unknown: string[] = [];
  /** The field by each symbol of what unknown fields are sent as. */
  readonly #owners = new Map<string, string>();
  readonly #own: ReadonlySet<string>;
  #firstUnknown = 0;
  #plans = new WeakMap<readonly string[], MergePlan>();

  constructor(private readonly planned: Planned) {
    this.#own = ownSymbols(planned.kind);
    this.#known = fieldRules(planned.kind, planned.semantics).filter(({ rule }) => isNumeric(rule));
    for (const field of this.#known) this.#addParts(field);
  }

  /** The plan for a source with these columns. The same array of names must always stand for the same columns. */
  planOf(columns: SourceColumns, origin: Origin): MergePlan {
    const known = this.#plans.get(columns.names);
    if (known && this.#holds(known, origin)) return known;
    const plan = this.#make(columns, origin);
    this.#plans.set(columns.names, plan);
    return plan;
  }

  /** Between frames: makes room for other unknown fields when there are too many. */
  tidy(): void {
    if (this.#unknown.length < maxUnknownFields) return;
    for (const table of this.planned.tables) table.forget(this.#firstUnknown);
    for (const key of this.#unknown) this.#parts.delete(key);
    this.#unknown.length = 0;
    this.#owners.clear();
    this.#plans = new WeakMap();
  }

  #holds({ origin, unknown }: MergePlan, { tags, alone }: Origin): boolean {
    if (origin.tags === tags && origin.alone === alone) return true;
    return unknown.every(([name, rule]) => unknownRule(this.planned.kind, name, { tags, alone }) === rule);
  }

  #make(columns: SourceColumns, origin: Origin): MergePlan {
    const unknown = this.#unknownIn(columns.names, origin);
    const given = this.#fieldsIn(columns, new Map(unknown));
    const fields = this.planned.absentIsBlank ? [...given, ...this.#absentFrom(given)] : given;
    const weights = fields.map(({ rule }) => ruleFacts[rule].weight);
    return {
      steps: fields.flatMap((field) => this.#stepsOf(field)),
      trafficSteps: fields.filter(isOfTraffic).flatMap((field) => this.#stepsOf(field)),
      given: given.flatMap((field) => this.#stepsOf(field).map(({ part }) => part)),
      weight: weights.find((weight) => weight !== undefined),
      dropped: unknown
        .map(([name]) => name)
        .filter((name) => !fields.some((field) => field.name === name) && !isKnown(this.planned.kind, name)),
      taken: unknown.flatMap(([name, rule]) => (rule && this.#isTaken({ name, rule }) ? name : [])),
      origin,
      unknown,
    };
  }

  /** The columns that the catalogue does not have for this kind. */
  #unknownIn(columns: readonly string[], origin: Origin): (readonly [string, Rule | undefined])[] {
    const { kind, semantics } = this.planned;
    if (!semanticsFacts[semantics].keepsUnknown) return [];
    return columns
      .filter((name) => !fieldNamed(kind, name) && !this.planned.rates?.has(name))
      .map((name) => [name, unknownRule(kind, name, origin)] as const);
  }

  /** What can be combined; of two columns that are one field the first. */
  #fieldsIn({ names, own }: SourceColumns, unknown: ReadonlyMap<string, Rule | undefined>): PlannedField[] {
    const { kind, semantics, rates } = this.planned;
    const fields = new Map<string, PlannedField>();
    names.forEach((name, column) => {
      const rule = rates?.has(name) ? 'rate' : unknown.get(name);
      const ownField = rule && { name, rule, ...(column >= own && { module: true as const }) };
      const field = ownField ?? catalogueRule(kind, name, semantics);
      if (field && isNumeric(field.rule) && !fields.has(field.name) && this.#addParts(field))
        fields.set(field.name, { ...field, column });
    });
    return [...fields.values()];
  }

  #absentFrom(given: readonly FieldRule[]): PlannedField[] {
    const names = new Set(given.map(({ name }) => name));
    return this.#known.filter(({ name }) => !names.has(name)).map((field) => ({ ...field, column: -1 }));
  }

  #stepsOf(field: PlannedField): PlannedStep[] {
    const first = this.#parts.get(keyOf(field))!;
    return Object.values(ruleFacts[field.rule].steps).map((step, i) => ({
      work: stepWork[step],
      part: first + i,
      column: field.column,
    }));
  }

  /** Gives a field its parts, unless it has them; answers whether there is room for them. */
  #addParts({ name, rule, module }: Omit<PlannedField, 'column'>): boolean {
    const key = keyOf({ name, rule });
    if (this.#parts.has(key)) return true;
    const isUnknown = rule !== 'rate' && !fieldNamed(this.planned.kind, name);
    if (isUnknown && !this.#takeNote({ name, rule })) return false;
    this.#parts.set(key, this.planned.tables[0]!.size);
    for (const part of Object.keys(ruleFacts[rule].steps) as Part[]) {
      for (const table of this.planned.tables)
        table.add({ field: name, rule, part, ...(module && { module }) });
    }
    return true;
  }

  /** Of a field that the catalogue does not know; answers whether there is room for it. */
  #takeNote(field: FieldRule): boolean {
    if (this.#unknown.length === maxUnknownFields || this.#isTaken(field)) return false;
    if (this.#unknown.length === 0) this.#firstUnknown = this.planned.tables[0]!.size;
    this.#unknown.push(keyOf(field));
    for (const symbol of symbolsOf(field)) this.#owners.set(symbol, field.name);
    return true;
  }

  /** Whether a field that the catalogue does not know would be sent as something else is. */
  #isTaken(field: FieldRule): boolean {
    return symbolsOf(field).some(
      (symbol) => this.#own.has(symbol) || (this.#owners.get(symbol) ?? field.name) !== field.name,
    );
  }
}

function isOfTraffic({ rule }: FieldRule): boolean {
  return ruleFacts[rule].standing !== true;
}

function symbolsOf({ name, rule }: FieldRule): string[] {
  return metricsOf({ name }, rule).map(symbolOf);
}

function keyOf({ name, rule }: FieldRule): string {
  return `${name} ${rule}`;
}
