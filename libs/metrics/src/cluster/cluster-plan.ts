import {
  fieldNamed,
  ruleFacts,
  type Part,
  type Rule,
  type Semantics,
  type Step,
} from '@haproxystats/haproxy';
import { finishTable } from '../finish';
import { entityOf, isPresent, type Column, type Table, type TableKind } from '../frame';
import type { PartColumns } from '../part-columns';
import { stepWork, type StepWork } from '../steps';

/** How two values of a part become one. */
const partSteps: Readonly<Record<Part, Step>> = {
  sum: 'add',
  count: 'add',
  weight: 'add',
  unlimited: 'add',
  inexact: 'add',
  max: 'largest',
  min: 'smallest',
  bits: 'or',
};

type ColumnName = Pick<Column, 'field' | 'rule' | 'part' | 'module'>;
type Numbers = Pick<Column, 'values' | 'present'>;

/** Columns of a node, by their places, and the parts that they are added to. */
interface Addition {
  readonly columns: readonly number[];
  /** undefined: the numbers of the only column. */
  readonly finish?: ((table: Table, intervalMs: number) => Numbers | undefined) | undefined;
  readonly works: readonly { readonly work: StepWork; readonly part: number }[];
}

/** What to do with the columns of a node's table. */
export interface ClusterPlan {
  readonly names: readonly ColumnName[];
  readonly additions: readonly Addition[];
}

/** Lists of columns that are remembered: the HAProxy versions of a cluster. */
const maxPlans = 16;
/** Parts of the fields of one table; HAProxy has fewer than 400. Beyond, columns are left out. */
const maxParts = 2_048;

/** Plans how the columns of nodes' tables of one kind are combined. Its parts keep their numbers until `forget`. */
export class ClusterPlanner {
  readonly #parts = new Map<string, number>();
  #plans: ClusterPlan[] = [];
  #dropped = 0;

  constructor(
    private readonly kind: TableKind,
    private readonly columns: PartColumns,
  ) {}

  /** Columns for which there was no room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether there is little room left for other columns. */
  get isCrowded(): boolean {
    return this.columns.size > maxParts / 2;
  }

  /** Forgets all parts; only while they are blank. */
  forget(): void {
    this.columns.forget(0);
    this.#parts.clear();
    this.#plans = [];
    this.#dropped = 0;
  }

  planOf(columns: readonly ColumnName[], semantics: Semantics): ClusterPlan {
    const known = this.#plans.find(({ names }) => sameNames(names, columns));
    if (known) return known;
    const plan = this.#make(columns, semantics);
    this.#plans = [plan, ...this.#plans].slice(0, maxPlans);
    return plan;
  }

  /** The number of a part; undefined where there is no room for it. */
  partOf(name: ColumnName): number | undefined {
    const key = `${name.field} ${name.rule} ${name.part}`;
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    if (this.columns.size >= maxParts) {
      this.#dropped++;
      return undefined;
    }
    const { field, rule, part, module } = name;
    const added = this.columns.add({ field, rule, part, ...(module && { module }) });
    this.#parts.set(key, added);
    return added;
  }

  #make(columns: readonly ColumnName[], semantics: Semantics): ClusterPlan {
    const names = columns.map(({ field, rule, part, module }) => ({ field, rule, part, module }));
    const places = Map.groupBy(names.keys(), (i) => `${names[i]!.field} ${names[i]!.rule}`);
    const additions = [...places.values()].flatMap((group) => {
      const { field, rule } = names[group[0]!]!;
      const nodes = nodesRule(this.kind, { field, rule }, semantics);
      if (nodes === rule) return group.map((i) => this.#asItIs(names[i]!, i));
      return [this.#asMember({ field, rule, nodes }, group)];
    });
    return { names, additions };
  }

  #asItIs(name: ColumnName, column: number): Addition {
    return { columns: [column], works: this.#works([[partSteps[name.part], name]]) };
  }

  /** What a node's processes are finished into counts as the value of one member. */
  #asMember(
    { field, rule, nodes }: { readonly field: string; readonly rule: Rule; readonly nodes: Rule },
    columns: readonly number[],
  ): Addition {
    const steps = Object.entries(ruleFacts[nodes].steps) as [Part, Step][];
    const works = this.#works(steps.map(([part, step]) => [step, { field, rule: nodes, part }]));
    const isSent = ruleFacts[rule].metrics.length > 0;
    return { columns, works, finish: isSent ? finishedNumbers(columns, field) : undefined };
  }

  #works(parts: readonly (readonly [Step, ColumnName])[]): Addition['works'] {
    return parts.flatMap(([step, name]) => {
      const part = this.partOf(name);
      return part === undefined ? [] : { work: stepWork[step], part };
    });
  }
}

/** How a field combines over nodes: as its columns say, unless the catalogue says that it differs from how it does over processes. */
function nodesRule(
  kind: TableKind,
  { field, rule }: Pick<ColumnName, 'field' | 'rule'>,
  semantics: Semantics,
): Rule {
  if (semantics !== 'exact') return rule;
  const exact = fieldNamed(entityOf[kind], field)?.exact;
  return exact?.processes === rule ? exact.nodes : rule;
}

/** The metric that carries the field's own name. */
function finishedNumbers(columns: readonly number[], field: string): Addition['finish'] {
  return (table, intervalMs) => {
    const own = { ...table, columns: columns.map((i) => table.columns[i]!) };
    return finishTable(own, intervalMs).metrics.find(({ name }) => name === field);
  };
}

function sameNames(names: readonly ColumnName[], columns: readonly ColumnName[]): boolean {
  return (
    names.length === columns.length &&
    names.every(({ field, rule, part, module }, i) => {
      const column = columns[i]!;
      return (
        column.field === field && column.rule === rule && column.part === part && column.module === module
      );
    })
  );
}

/** The numbers with NaN where there is none: in `scratch` where one is missing. */
export function blanked({ values, present }: Numbers, scratch: Float64Array): Float64Array {
  if (isFull(present, values.length)) return values;
  for (let row = 0; row < values.length; row++)
    scratch[row] = isPresent({ present }, row) ? values[row]! : NaN;
  return scratch;
}

function isFull(present: Uint8Array, rows: number): boolean {
  const whole = rows >> 3;
  for (let byte = 0; byte < whole; byte++) if (present[byte] !== 0xff) return false;
  const rest = 0xff >> (8 - (rows & 7));
  return (rows & 7) === 0 || (present[whole]! & rest) === rest;
}
